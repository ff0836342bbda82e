// A job is to add to an escrow that another job's order opens; the chain's node answers nobody until that order has ended.
import { job, referee, role, type Scenario } from "./scenario.ts";

export const escrowNeverComes: Scenario = {
  about: "jobs whose escrow never comes open one of their own, since their own orders are good",
  cast: [referee, role(1), role(2), role(3)],
  faults: { chainDown: 1_000 },
  script: ({ payer, world }) => {
    payer.submit(job(1, { deadlineMs: 50_000, marginMs: 0 }));
    for (let i = 2; i <= 4; i += 1) world.simulation.after(i * 2_000, () => payer.submit(job(i)));
  },
  epilogue: ({ world }) => {
    const states = [...world.coordinator.state.ledger.jobs.values()].map(({ state }) => state).join();
    const escrows = world.chain.contracts.escrows.size;
    if (states !== "failed,completed,completed,completed") return [`the jobs are ${states}`];
    return escrows === 1 ? [] : [`there were ${escrows} escrows`];
  },
};
