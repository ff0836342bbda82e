// Does its work and says what came out.
import { type Behaviour, steady } from "./behaviour.ts";

export const honest: Behaviour = {
  ...steady,
  name: "honest",
  run: ({ right }, random) => ({ durationMs: 5 + random.below(200), content: right }),
};
