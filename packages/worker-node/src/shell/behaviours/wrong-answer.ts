// Wrong outputs that look like right ones: the same names, the same lengths, other bytes.
import { type Entropy, systemEntropy } from "@starling/node-kit";
import type { CollectedOutput, Executor } from "../executors/executor.ts";

/** How a worker lies. */
export interface Lying {
  /** Asked once for each task that ran well. */
  readonly lies: () => boolean;
  /** Different at every liar, so that they do not collude by accident. */
  readonly entropy?: Entropy;
}

/** The executor with wrong outputs wherever it lies; failures stay as they are. */
export function lyingExecutor(honest: Executor, { lies, entropy = systemEntropy }: Lying): Executor {
  return {
    class: honest.class,
    probe: (options) => honest.probe(options),
    close: () => honest.close(),
    run: async (task, options) => {
      const outcome = await honest.run(task, options);
      if (outcome.kind !== "completed" || !lies()) return outcome;
      return { ...outcome, outputs: outcome.outputs.map((output) => altered(output, entropy)) };
    },
  };
}

// The same length, so that size limits still hold; an empty output gets longer.
function altered({ name, bytes }: CollectedOutput, entropy: Entropy): CollectedOutput {
  const noise = entropy.bytes(Math.min(8, Math.max(1, bytes.length)));
  if (bytes.length === 0) return { name, bytes: noise };
  const wrong = Uint8Array.from(bytes);
  for (const [i, byte] of noise.entries()) wrong[i] = (wrong[i] ?? 0) ^ (byte | 1);
  return { name, bytes: wrong };
}
