// A third of all frames vanishes while the streams stand.
import { job, referee, role, type Scenario } from "./scenario.ts";

export const lostFrames: Scenario = {
  about: "every frame that is lost is made good in time, asks for work among them",
  cast: [referee, role(1), role(2), role(3)],
  faults: { messageLost: 300 },
  script: ({ payer }) => {
    payer.submit(job(1, { tasks: 3 }));
  },
};
