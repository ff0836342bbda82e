// Honest, but says everything again: with each frame an old one leaves once more, signature and all.
import type { WorkerMessage } from "@starling/protocol";
import { type Behaviour, honest } from "./behaviour.ts";

/** How many frames lie between the first time and the second: enough that leases have gone on meanwhile. */
const distance = 8;

/** Makes a replayer. */
export function replayer(): Behaviour {
  const old: WorkerMessage[] = [];
  return {
    ...honest,
    frames: (message) => {
      old.push(message);
      const again = old.length > distance ? old.shift() : undefined;
      return again === undefined ? [message] : [message, again];
    },
  };
}
