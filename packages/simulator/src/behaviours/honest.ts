// Does its work and says what came out.
import type { Behaviour } from "./behaviour.ts";

export const honest: Behaviour = {
  name: "honest",
  run: ({ right }, random) => ({ durationMs: 5 + random.below(200), content: right }),
  flapsPerThousand: 0,
};
