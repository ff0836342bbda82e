// Some results are accepted; then the coordinator is dead for so long that the escrow takes no roots any more.
import { job, referee, role, type Scenario } from "./scenario.ts";

export const outageUntilTheEndOfAnEscrow: Scenario = {
  about: "results of a job whose escrow ended in an outage stand under no root, but they are paid",
  cast: [referee, role(1), role(2), role(3)],
  faults: { longOutage: 1_000 },
  script: ({ payer, world, onFact }) => {
    payer.submit(job(1, { tasks: 40, deadlineMs: 16_000, marginMs: 0 }));
    let hasStruck = false;
    onFact((fact) => {
      if (fact.type !== "payOwed" || hasStruck) return;
      hasStruck = true;
      world.coordinator.crash();
    });
  },
  epilogue: ({ world }) => {
    const [job] = [...world.coordinator.state.ledger.jobs.values()];
    const [escrow] = [...world.coordinator.state.ledger.escrows.values()];
    if (job?.state !== "failed") return [`the job is ${job?.state}`];
    const isPaid = [...(escrow?.owed ?? [])].every(([worker, owed]) => escrow?.chain.paid.get(worker) === owed);
    return isPaid && escrow?.owed.size !== 0 ? [] : ["somebody was not paid"];
  },
};
