// Honest, but takes so long that leases run into their limits now and then.
import type { Behaviour } from "./behaviour.ts";

export const slow: Behaviour = {
  name: "slow",
  run: ({ right }, random) => ({
    durationMs: random.chance(1, 5) ? 20_000 + random.below(60_000) : 500 + random.below(4_000),
    content: right,
  }),
  flapsPerThousand: 0,
};
