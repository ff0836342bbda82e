// Honest work, but signs a second commitment for the same lease, to choose later which one it meant.
import { keccakText } from "@starling/protocol";
import { type Behaviour, steady } from "./behaviour.ts";

export const equivocator: Behaviour = {
  ...steady,
  name: "equivocator",
  run: ({ right }, random) => ({ durationMs: 5 + random.below(200), content: right }),
  mangle: (effect, { random, count }) => {
    if (effect.type !== "sendCommits" || !random.chance(1, 3)) return [effect];
    count("equivocation");
    const items = effect.items.map((item) => ({ ...item, commitment: keccakText(`other than ${item.commitment}`) }));
    return [effect, { ...effect, items }];
  },
};
