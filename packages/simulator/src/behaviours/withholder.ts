// Accepts and beats, but keeps commitments or answers to itself every other time.
import { type Behaviour, steady } from "./behaviour.ts";

export const withholder: Behaviour = {
  ...steady,
  name: "withholder",
  run: ({ right }, random) => ({ durationMs: 5 + random.below(200), content: right }),
  mangle: (effect, { random, count }) => {
    const isResult = effect.type === "sendCommits" || effect.type === "sendReveals";
    if (!isResult || random.chance(1, 2)) return [effect];
    count("resultWithheld");
    return [];
  },
};
