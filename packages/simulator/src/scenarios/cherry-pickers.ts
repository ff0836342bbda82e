// Workers that decline what they do not like.
import { selfishAccepter } from "../behaviours/selfish-accepter.ts";
import { earnedBy, fired, job, type Scenario, staked, uncompleted } from "./scenario.ts";

export const cherryPickers: Scenario = {
  about: "who picks its leases earns no more than who takes what comes",
  cast: [...[0, 1, 2, 3].map((index) => staked(index)), staked(4, selfishAccepter), staked(5, selfishAccepter)],
  script: ({ payer }) => {
    for (let number = 1; number <= 3; number += 1) payer.submit(job(number, { tasks: 40, budgetTimes: 3n }));
  },
  epilogue: (stage) => {
    const earned = (indices: readonly number[]): bigint =>
      indices.reduce((sum, index) => sum + earnedBy(stage, index), 0n) / BigInt(indices.length);
    const [picky, plain] = [earned([4, 5]), earned([0, 1, 2, 3])];
    const found = [...fired(stage, "cherryPicked"), ...uncompleted(stage)];
    return picky > plain ? [...found, `the picky earned ${picky} each, the others ${plain}`] : found;
  },
};
