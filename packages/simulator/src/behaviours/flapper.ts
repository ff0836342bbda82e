// Honest, but comes and goes.
import { type Behaviour, steady } from "./behaviour.ts";

export const flapper: Behaviour = {
  ...steady,
  name: "flapper",
  run: ({ right }, random) => ({ durationMs: 5 + random.below(500), content: right }),
  flapsPerThousand: 150,
};
