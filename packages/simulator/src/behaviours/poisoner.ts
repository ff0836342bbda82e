// Works honestly and tells checkpoints that are none of its own making: whoever goes on from one answers wrongly.
import { type Checkpoint, keccakText } from "@starling/protocol";
import { type Behaviour, steady } from "./behaviour.ts";
import { honest } from "./honest.ts";

function poison(name: string): Behaviour {
  return {
    ...steady,
    name: `poisoner ${name}`.trim(),
    run: honest.run,
    mangle: (effect, { worker }) => {
      const poisoned = (found: readonly Checkpoint[]): readonly Checkpoint[] =>
        found.map((one) => {
          const cid = `cid:${keccakText(`poison of ${name === "" ? worker : name} ${one.cid}`).slice(2)}` as const;
          return { ...one, cid };
        });
      if (effect.type === "sendCheckpoints") {
        const { lease } = effect;
        return [{ ...effect, lease: { ...lease, checkpoints: poisoned(lease.checkpoints ?? []) } }];
      }
      if (effect.type !== "sendFailures") return [effect];
      const items = effect.items.map((item) =>
        item.checkpoints === undefined ? item : { ...item, checkpoints: poisoned(item.checkpoints) },
      );
      return [{ ...effect, items }];
    },
  };
}

/** Each has a poison of its own. */
export const poisoner = poison("");

/** All of them tell the same. */
export const poisonerInLeague = poison("in league");
