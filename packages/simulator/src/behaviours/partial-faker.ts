// Works mostly; a quarter of its answers is made up.
import { type Behaviour, steady } from "./behaviour.ts";

export const partialFaker: Behaviour = {
  ...steady,
  name: "partial faker",
  run: ({ lease, right, worker }, random, count) => {
    if (!random.chance(1, 4)) return { durationMs: 5 + random.below(200), content: right };
    count("partialFake");
    return { durationMs: 1 + random.below(10), content: `fake ${worker} ${lease.leaseId}` };
  },
};
