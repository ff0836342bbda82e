// Commits to a made-up answer and then reveals the right one, as somebody would who got hold of another's answer meanwhile.
import { resultDigest } from "@starling/protocol";
import { outputsOf, rightContent } from "../world/outputs.ts";
import { type Behaviour, steady } from "./behaviour.ts";

export const turncoat: Behaviour = {
  ...steady,
  name: "turncoat",
  fault: "wrongAnswer",
  run: ({ lease, worker }, random) => ({
    durationMs: 1 + random.below(50),
    content: `placeholder ${worker} ${lease.leaseId}`,
  }),
  mangle: (effect, { count }) => {
    if (effect.type !== "sendReveals") return [effect];
    count("falseReveal");
    const items = effect.items.map((item) => {
      const outputs = outputsOf(rightContent(item.taskSpec));
      return { ...item, outputs, digest: resultDigest(outputs) };
    });
    return [{ ...effect, items }];
  },
};
