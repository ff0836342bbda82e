// One payment is on its way and more was earned meanwhile; then the coordinator is dead until the escrow could be closed.
import { job, referee, role, type Scenario } from "./scenario.ts";

export const paymentOnItsWayInAnOutage: Scenario = {
  about: "a coordinator that was away until its escrow could be closed pays what was earned before it closes",
  cast: [referee, role(1), role(2), role(3), role(4), role(5)],
  faults: { longOutage: 1_000 },
  script: ({ payer, world, onFact }) => {
    payer.submit(job(1, { tasks: 40, deadlineMs: 16_000, marginMs: 0 }));
    let isPaying = false;
    let hasStruck = false;
    onFact((fact) => {
      if (fact.type === "paymentIntended") isPaying = true;
      if (fact.type !== "payOwed" || !isPaying || hasStruck) return;
      hasStruck = true;
      world.coordinator.crash();
    });
  },
  epilogue: ({ world }) => {
    const [escrow] = [...world.coordinator.state.ledger.escrows.values()];
    const unpaid = [...(escrow?.owed ?? [])].filter(([worker, owed]) => escrow?.chain.paid.get(worker) !== owed);
    return escrow?.chain.phase === "closed" && unpaid.length === 0
      ? []
      : [`the escrow is ${escrow?.chain.phase}, and ${unpaid.length} workers were not paid in full`];
  },
};
