// One of several workers of an operator that all give the same wrong answer: two of them on one task would pass for right.
import { type Behaviour, steady } from "./behaviour.ts";

export const accomplice: Behaviour = {
  ...steady,
  name: "accomplice",
  fault: "collusion",
  run: ({ lease, operator }, random) => ({
    durationMs: 1 + random.below(50),
    content: `lie of ${operator} about ${lease.taskSpec}`,
  }),
};
