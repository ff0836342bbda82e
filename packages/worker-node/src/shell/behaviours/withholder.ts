// Works, commits, and never reveals.
import { type Behaviour, honest } from "./behaviour.ts";

/** Makes a withholder. */
export function withholder(): Behaviour {
  return {
    ...honest,
    performer: (performer) => ({
      perform: async (effect, context) => {
        if (effect.type !== "sendReveals") await performer.perform(effect, context);
      },
    }),
  };
}
