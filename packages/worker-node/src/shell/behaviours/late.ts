// Reveals as late as it dares: whoever shows last would like to see first what the others showed.
import { setTimeout as delay } from "node:timers/promises";
import { type Behaviour, type BehaviourParts, honest } from "./behaviour.ts";

const waitSecondsDefault = 10;

/** Makes a late revealer; `late:40` waits forty seconds after each commit set. */
export function late({ number }: BehaviourParts): Behaviour {
  const waitMs = 1_000 * (number ?? waitSecondsDefault);
  return {
    ...honest,
    performer: (performer) => ({
      perform: async (effect, context) => {
        // A worker that stops shows nothing more.
        if (effect.type === "sendReveals")
          await delay(waitMs, undefined, { signal: context.signal }).catch(() => undefined);
        if (!context.signal.aborted) await performer.perform(effect, context);
      },
    }),
  };
}
