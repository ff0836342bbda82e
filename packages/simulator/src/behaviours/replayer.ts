// Honest work, but sends old frames again and again.
import type { Address } from "@starling/protocol";
import type { UpEffect } from "../world/translate.ts";
import { type Behaviour, type Den, steady } from "./behaviour.ts";

const RECORDED = ["sendAccepts", "sendCommits", "sendReveals", "sendFailures", "sendPledge"];

/** What each worker of a world has sent: frames of another world would be forged there. */
const tapes = new WeakMap<Den, Map<Address, UpEffect[]>>();

export const replayer: Behaviour = {
  ...steady,
  name: "replayer",
  run: ({ right }, random) => ({ durationMs: 5 + random.below(200), content: right }),
  mangle: (effect, { random, count, den, worker }) => {
    const ofWorld = tapes.get(den) ?? new Map<Address, UpEffect[]>();
    const tape = ofWorld.get(worker) ?? [];
    tapes.set(den, ofWorld.set(worker, tape));
    const old = tape[random.below(Math.max(1, tape.length))];
    if (RECORDED.includes(effect.type)) tape.push(effect);
    if (old === undefined) return [effect];
    count("frameReplayed");
    return [effect, old];
  },
};
