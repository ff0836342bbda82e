// Commits to two answers for each lease, so that it can still choose after the set is closed.
import { toHex } from "@starling/protocol";
import { type Behaviour, type BehaviourParts, honest } from "./behaviour.ts";

/** Makes an equivocator. */
export function equivocator({ entropy }: BehaviourParts): Behaviour {
  return {
    ...honest,
    performer: (performer) => ({
      perform: async (effect, context) => {
        const sent = performer.perform(effect, context);
        if (effect.type !== "sendCommits") return await sent;
        const items = effect.items.map((item) => ({ ...item, commitment: toHex(entropy.bytes(32)) }));
        await Promise.all([sent, performer.perform({ ...effect, items }, context)]);
      },
    }),
  };
}
