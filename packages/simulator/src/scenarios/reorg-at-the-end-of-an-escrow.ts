// The chain takes allotments back, and the coordinator is dead until the escrow of a short job has ended.
import { job, referee, role, type Scenario } from "./scenario.ts";

export const reorgAtTheEndOfAnEscrow: Scenario = {
  about:
    "what was allotted is taken back when nothing can be allotted any more: that loss is bounded and the rest goes on",
  cast: [referee, role(1), role(2), role(3)],
  faults: { longOutage: 1_000 },
  script: ({ payer, world, onFact }) => {
    const { chain, coordinator, simulation } = world;
    payer.submit(job(1, { tasks: 2, deadlineMs: 16_000, marginMs: 0 }));
    simulation.after(16_000, () => payer.submit(job(2)));
    let hasStruck = false;
    onFact((fact) => {
      if (fact.type !== "payOwed" || hasStruck) return;
      hasStruck = true;
      const first = chain.blocks.findIndex(({ events }) => events.some(({ type }) => type === "allotted"));
      chain.reorg(chain.blocks.length - first);
      coordinator.crash();
    });
  },
  epilogue: ({ world }) => {
    const { jobs, escrows } = world.coordinator.state.ledger;
    const states = [...jobs.values()].map(({ state }) => state).join();
    const [lost] = [...escrows.values()];
    if (lost === undefined || lost.owed.size === 0) return ["nothing was lost"];
    return states.endsWith("completed") ? [] : [`the jobs are ${states}`];
  },
};
