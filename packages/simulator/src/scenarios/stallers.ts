// Workers that accept and beat and never finish.
import { staller } from "../behaviours/staller.ts";
import { earnedBy, fired, job, type Scenario, staked, uncompleted } from "./scenario.ts";

export const stallers: Scenario = {
  about: "a job outlives those who only accept: their leases move on, and they earn nothing",
  cast: [...[0, 1, 2, 3, 4].map((index) => staked(index)), staked(5, staller), staked(6, staller)],
  script: ({ payer }) => {
    payer.submit(job(1, { tasks: 30 }));
    payer.submit(job(2, { tasks: 30, trust: "spot", budgetTimes: 4n }));
  },
  epilogue: (stage) => {
    const paid = [5, 6].filter((index) => earnedBy(stage, index) > 0n);
    const found = [...fired(stage, "workStalled"), ...uncompleted(stage)];
    return [...found, ...paid.map((index) => `worker ${index} stalled and was paid`)];
  },
};
