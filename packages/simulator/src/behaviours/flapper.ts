// Honest, but comes and goes.
import type { Behaviour } from "./behaviour.ts";

export const flapper: Behaviour = {
  name: "flapper",
  run: ({ right }, random) => ({ durationMs: 5 + random.below(500), content: right }),
  flapsPerThousand: 150,
};
