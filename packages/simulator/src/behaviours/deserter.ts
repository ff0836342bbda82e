// Honest until it leaves for ever, with leases in hand and an allotment that nobody uses any more.
import { type Behaviour, steady } from "./behaviour.ts";

export const deserter: Behaviour = {
  ...steady,
  name: "deserter",
  run: ({ right }, random) => ({ durationMs: 100 + random.below(2_000), content: right }),
  deserts: true,
};
