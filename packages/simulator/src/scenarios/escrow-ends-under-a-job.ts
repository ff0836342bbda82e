// A job is to add to an escrow that another job's order opens, or that is about to end, while the chain's node answers nobody.
import { coordinatorAddress } from "../world/records.ts";
import { job, referee, role, type Scenario } from "./scenario.ts";

export const escrowEndsUnderAJob: Scenario = {
  about: "a job whose escrow never comes, or ends before its money, opens an escrow of its own",
  cast: [referee, role(1), role(2), role(3)],
  faults: { chainDown: 400 },
  script: ({ payer, world }) => {
    payer.submit(job(1, { deadlineMs: 12_000, marginMs: 0 }));
    for (let i = 2; i <= 4; i += 1) world.simulation.after(i * 3_000, () => payer.submit(job(i)));
    world.simulation.after(30_000, () =>
      payer.submit(job(5, { deadlineMs: 25_000, marginMs: 0, payer: coordinatorAddress })),
    );
    world.simulation.after(45_000, () => payer.submit(job(6, { payer: coordinatorAddress })));
  },
  epilogue: ({ world }) =>
    [...world.coordinator.state.ledger.jobs.values()].flatMap(({ submission, state, reason }) =>
      state === "completed" || reason?.code === "deadlineExceeded"
        ? []
        : [`${submission.name} is ${state}: ${reason?.message ?? ""}`],
    ),
};
