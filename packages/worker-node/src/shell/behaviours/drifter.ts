// Works honestly on an engine that rounds otherwise: its numbers differ from everybody's in the last bit.
import type { CollectedOutput, Executor } from "../executors/executor.ts";
import { type Behaviour, honest } from "./behaviour.ts";

/** Makes a machine that is no cheat: its answers are wrong only where bytes decide. */
export function drifter(): Behaviour {
  return { ...honest, executor: drifting };
}

function drifting(inner: Executor): Executor {
  return {
    class: inner.class,
    probe: (options) => inner.probe(options),
    close: () => inner.close(),
    run: async (task, options) => {
      const outcome = await inner.run(task, options);
      return outcome.kind === "completed" ? { ...outcome, outputs: outcome.outputs.map(drifted) } : outcome;
    },
  };
}

// The lowest bit of every float32. Texts have no such numbers, and what is tiny or huge is no number of a tensor but a header.
function drifted({ name, bytes }: CollectedOutput): CollectedOutput {
  if (isText(bytes) || bytes.length % 4 !== 0) return { name, bytes };
  const moved = Uint8Array.from(bytes);
  const view = new DataView(moved.buffer);
  for (let at = 0; at < moved.length; at += 4) {
    const size = Math.abs(view.getFloat32(at, true));
    if (size > 1e-30 && size < 1e30) view.setUint8(at, view.getUint8(at) ^ 1);
  }
  return { name, bytes: moved };
}

function isText(bytes: Uint8Array): boolean {
  return bytes.subarray(0, 64).every((byte) => byte === 0x0a || (byte >= 0x20 && byte < 0x7f));
}
