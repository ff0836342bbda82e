// Honest, but takes so long that leases run into their limits now and then.
import { type Behaviour, steady } from "./behaviour.ts";

export const slow: Behaviour = {
  ...steady,
  name: "slow",
  fault: "slowRun",
  run: ({ right }, random) => ({
    durationMs: random.chance(1, 4) ? 3_000 + random.below(22_000) : 500 + random.below(3_000),
    content: right,
  }),
};
