// Workers that send old frames of theirs again after every new one.
import { replayer } from "../behaviours/replayer.ts";
import { fired, job, type Scenario, staked, uncompleted } from "./scenario.ts";

export const everythingAgain: Scenario = {
  about: "an old frame changes nothing, whenever it comes",
  cast: [staked(0), staked(1), staked(2), ...[3, 4, 5, 6].map((index) => staked(index, replayer))],
  faults: { coordinatorCrash: 4, workerCrash: 4, streamBroken: 4 },
  script: ({ payer }) => {
    payer.submit(job(1, { tasks: 30 }));
    payer.submit(job(2, { tasks: 30, trust: "spot", budgetTimes: 4n }));
  },
  epilogue: (stage) => [...fired(stage, "frameReplayed"), ...uncompleted(stage)],
};
