// A coordinator that shows each member of a set another list of commitments.
import { fired, job, type Scenario, staked, uncompleted } from "./scenario.ts";

export const twoCommitSets: Scenario = {
  about: "a worker reveals once, whichever sets it is shown, and only if its own commitment is in one",
  cast: [0, 1, 2, 3, 4].map((index) => staked(index)),
  faults: { commitSetForked: 700 },
  script: ({ payer }) => {
    payer.submit(job(1, { tasks: 20 }));
    payer.submit(job(2, { tasks: 10, trust: "strong", budgetTimes: 4n }));
  },
  epilogue: (stage) => [...fired(stage, "commitSetForked"), ...uncompleted(stage)],
};
