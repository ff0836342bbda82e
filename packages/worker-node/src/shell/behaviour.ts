// A worker that lies, for tests of the network on real parts. Nothing that a peer says can switch it on.
import { ConfigError, type Entropy, systemEntropy } from "@starling/node-kit";
import type { CollectedOutput, Executor } from "./executors/executor.ts";

/** Anvil's and Hardhat's: no money of anybody is on such a chain. */
const LOCAL_CHAIN_ID = 31_337;

/** Throws `ConfigError` for a behaviour that is not honest, unless this is a test on a local chain. */
export function checkBehaviour(
  behaviour: "honest" | "liar",
  place: { readonly chainId: number; readonly environment: Readonly<Record<string, string | undefined>> },
): void {
  if (behaviour === "honest") return;
  if (place.environment.STARLING_TEST_MODE === "1" && place.chainId === LOCAL_CHAIN_ID) return;
  throw new ConfigError([
    `--behaviour ${behaviour} is for tests: it needs STARLING_TEST_MODE=1 and a local chain (${LOCAL_CHAIN_ID}). Leave it out`,
  ]);
}

/** The executor with wrong outputs, different ones at every liar: they do not collude. */
export function lyingExecutor(honest: Executor, entropy: Entropy = systemEntropy): Executor {
  return {
    class: honest.class,
    probe: (options) => honest.probe(options),
    close: () => honest.close(),
    run: async (task, options) => {
      const outcome = await honest.run(task, options);
      if (outcome.kind !== "completed") return outcome;
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
