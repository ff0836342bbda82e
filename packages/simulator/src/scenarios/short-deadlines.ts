// Jobs whose own money ends hardly later than they do.
import { slow } from "../behaviours/slow.ts";
import { job, role, type Scenario } from "./scenario.ts";

export const shortDeadlines: Scenario = {
  about: "what is accepted shortly before a job's deadline is anchored and paid before the escrow's",
  cast: [role(0), role(1), role(2, slow), role(3, slow)],
  faults: { chainDown: 20 },
  script: ({ payer, world }) => {
    payer.submit(job(1, { tasks: 40, deadlineMs: 70_000, marginMs: 0 }));
    world.simulation.after(20_000, () => payer.submit(job(2, { tasks: 40, deadlineMs: 30_000, marginMs: 60_000 })));
  },
};
