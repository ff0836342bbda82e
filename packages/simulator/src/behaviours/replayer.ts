// Honest work, but sends old frames again and again.
import type { UpEffect } from "../world/translate.ts";
import { type Behaviour, steady } from "./behaviour.ts";

const RECORDED = ["sendAccepts", "sendCommits", "sendReveals", "sendFailures", "sendPledge"];

/** A new one for each worker: it keeps what it has sent. */
export function replayer(): Behaviour {
  const recorded: UpEffect[] = [];
  return {
    ...steady,
    name: "replayer",
    run: ({ right }, random) => ({ durationMs: 5 + random.below(200), content: right }),
    mangle: (effect, { random, count }) => {
      if (RECORDED.includes(effect.type)) recorded.push(effect);
      const old = recorded[random.below(Math.max(1, recorded.length))];
      if (old === undefined || old === effect) return [effect];
      count("frameReplayed");
      return [effect, old];
    },
  };
}
