// What the sandbox adds to a program's own run, when it is warm, and what counting its fuel costs.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createWasmExecutor, measureFuelOverhead, measureOverhead } from "@starling/worker-node/executors";
import type { BenchContext, Figure } from "../figure.ts";
import { goals } from "../goals.ts";
import { ms } from "../support/statistics.ts";

const warmRounds = 200;
const rounds = 2_000;
const trainings = 40;

const EXAMPLE = join(import.meta.dirname, "../../../examples/digits-sweep");

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
      fuelFigure(),
    ];
  } finally {
    await executor.close();
  }
}

function fuelFigure(): Figure {
  const read = (name: string): Uint8Array => new Uint8Array(readFileSync(join(EXAMPLE, name)));
  const measured = {
    program: read("train.wasm"),
    args: ["--lr", "0.1", "--l2", "0", "--seed", "1"],
    inputs: [{ name: "digits", bytes: read("digits.csv") }],
    outputs: [{ name: "metrics", path: "metrics.json" }],
  };
  const { plainMsP50, countedMsP50, prepareMs, fuel } = measureFuelOverhead(measured, trainings);
  const percent = (100 * (countedMsP50 - plainMsP50)) / plainMsP50;
  return {
    name: "fuel and depth counted, wasm",
    ours: `${percent.toFixed(0)} % of the run: ${ms(plainMsP50)} to ${ms(countedMsP50)}; ${ms(prepareMs)} once`,
    how: `${trainings} trainings of the digits example (${(fuel / 1e9).toFixed(1)} billion steps), in turns with and without`,
    values: { plainMsP50, countedMsP50, prepareMs, fuel, addedPercent: percent },
  };
}
