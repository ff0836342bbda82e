// A coordinator that keeps verdicts and vouchers to itself.
import { fired, job, type Scenario, staked, uncompleted } from "./scenario.ts";

export const verdictsDropped: Scenario = {
  about: "workers that hear no verdicts are paid on chain to the unit all the same",
  cast: [0, 1, 2, 3, 4].map((index) => staked(index)),
  faults: { verdictDropped: 500 },
  script: ({ payer }) => {
    payer.submit(job(1, { tasks: 20 }));
    payer.submit(job(2, { tasks: 20, trust: "spot", budgetTimes: 4n }));
  },
  epilogue: (stage) => [...fired(stage, "verdictDropped"), ...uncompleted(stage)],
};
