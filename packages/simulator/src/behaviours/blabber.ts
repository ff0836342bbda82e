// Honest work, but shows each answer together with its commitment, long before the set is closed.
import { type Behaviour, steady } from "./behaviour.ts";

export const blabber: Behaviour = {
  ...steady,
  name: "blabber",
  run: ({ right }, random) => ({ durationMs: 5 + random.below(200), content: right }),
  mangle: (effect, { answerOf, count }) => {
    if (effect.type !== "sendCommits") return [effect];
    const early = effect.items.flatMap(({ leaseId }) => {
      const answer = answerOf(leaseId);
      if (answer === null) return [];
      count("earlyReveal");
      const { escrowId, fine, reveal } = answer;
      return [{ type: "sendReveals" as const, coordinator: effect.coordinator, escrowId, fine, items: [reveal] }];
    });
    return [effect, ...early];
  },
};
