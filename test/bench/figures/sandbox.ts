// What the sandbox adds to a program's own run, when it is warm.
import { createWasmExecutor, measureOverhead } from "@starling/worker-node/executors";
import type { BenchContext, Figure } from "../figure.ts";
import { goals } from "../goals.ts";
import { ms } from "../support/statistics.ts";

const warmRounds = 200;
const rounds = 2_000;

/** Runs the probe's program bare and in the sandbox, in turns. */
export async function measure({ signal }: BenchContext): Promise<readonly Figure[]> {
  const executor = createWasmExecutor({ slots: 1 });
  try {
    await measureOverhead(executor, { rounds: warmRounds, signal });
    const found = await measureOverhead(executor, { rounds, signal });
    const { bareMsP50, sandboxMsP50, sandboxMsP99, addedMsP50 } = found;
    return [
      {
        name: "sandbox, wasm, warm",
        ours: `${ms(addedMsP50)} added; ${ms(sandboxMsP50)} / ${ms(sandboxMsP99)} in all`,
        how: `${rounds} runs of a small program with a file output: bare in this process ${ms(bareMsP50)}, and in the warm child (p50 / p99)`,
        values: { bareMsP50, sandboxMsP50, sandboxMsP99, addedMsP50 },
        beside: goals.sandbox,
      },
    ];
  } finally {
    await executor.close();
  }
}
