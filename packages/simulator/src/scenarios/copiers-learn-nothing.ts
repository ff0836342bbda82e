// Copiers among honest workers: they read every frame and every offer, and wait as long as they can.
import { lazyCopier, POSSIBLE_ANSWERS } from "../behaviours/lazy-copier.ts";
import { fired, job, referee, role, type Scenario, staked } from "./scenario.ts";

const JOBS = 24;
/** Three standard deviations. */
const SIGMAS = 3;

export const copiersLearnNothing: Scenario = {
  about: "who reads everything is right no more often than who guesses",
  cast: [referee, staked(1), staked(2), staked(3), role(4, lazyCopier), role(5, lazyCopier), role(6, lazyCopier)],
  script: ({ payer, world }) => {
    for (let number = 1; number <= JOBS; number += 1)
      world.simulation.after(number * 2_000, () => payer.submit(job(number, { tasks: 4, budgetTimes: 4n })));
  },
  epilogue: (stage) => {
    const { copyTried, copyRight } = stage.world.faults.fired;
    const mean = copyTried / POSSIBLE_ANSWERS;
    const variance = mean * (1 - 1 / POSSIBLE_ANSWERS);
    const isChance = (copyRight - mean) ** 2 <= SIGMAS ** 2 * variance;
    return [...fired(stage, "copyTried"), ...(isChance ? [] : [`${copyRight} of ${copyTried} copies were right`])];
  },
};
