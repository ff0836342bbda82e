// What each sandbox adds to a program's own run, when it is warm, and what counting fuel costs.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  createProcessExecutor,
  createWasmExecutor,
  type Executor,
  measureFuelOverhead,
  measureOverhead,
} from "@starling/worker-node/executors";
import type { BenchContext, Figure } from "../figure.ts";
import { goals } from "../goals.ts";
import { withContainers } from "../support/containers.ts";
import { ms } from "../support/statistics.ts";
import { smallTask, warmFigure, withExecutor } from "../support/warm.ts";

const warmRounds = 200;
const rounds = 2_000;
const trainings = 40;
const processRounds = 100;
const containerRounds = 50;
const script = new TextEncoder().encode("#!/bin/sh\necho done > /out/done\n");
const echo = ["-c", "echo done > /dev/null"] as const;

const EXAMPLE = join(import.meta.dirname, "../../../examples/digits-sweep");

/** Runs small programs bare and in each of the sandboxes that work here, in turns. */
export async function measure(context: BenchContext): Promise<readonly Figure[]> {
  return [
    await withExecutor(createWasmExecutor({ slots: 1 }), (executor) => wasmFigure(executor, context)),
    ...(await processFigure(context)),
    ...(await containerFigure(context)),
    fuelFigure(),
  ];
}

async function wasmFigure(executor: Executor, { signal }: BenchContext): Promise<Figure> {
  await measureOverhead(executor, { rounds: warmRounds, signal });
  const found = await measureOverhead(executor, { rounds, signal });
  const { bareMsP50, sandboxMsP50, sandboxMsP99, addedMsP50 } = found;
  return {
    name: "sandbox, wasm, warm",
    ours: `${ms(addedMsP50)} added; ${ms(sandboxMsP50)} / ${ms(sandboxMsP99)} in all`,
    how: `${rounds} runs of a small program with a file output: bare in this process ${ms(bareMsP50)}, and in the warm child (p50 / p99)`,
    values: { bareMsP50, sandboxMsP50, sandboxMsP99, addedMsP50 },
    beside: goals.sandbox,
  };
}

async function processFigure({ signal, folder, say }: BenchContext): Promise<readonly Figure[]> {
  const processes = createProcessExecutor({ slots: 1, area: join(folder, "processes") });
  return await withExecutor(processes, async (executor) => {
    const probed = await executor.probe({ signal });
    if (!probed.works) {
      say(`processes are not measured here: ${probed.reason}`);
      return [];
    }
    const run = { executor, task: smallTask(script), rounds: processRounds, signal };
    return [await warmFigure("process", goals.processSandbox, { ...run, bare: ["/bin/sh", ...echo] })];
  });
}

async function containerFigure(context: BenchContext): Promise<readonly Figure[]> {
  const { signal } = context;
  const figure = await withContainers(context, { slots: 1, script }, async (executor, task) => {
    const run = { executor, task, rounds: containerRounds, signal };
    return await warmFigure("oci (runc)", goals.containerSandbox, { ...run, bare: ["/bin/busybox", "sh", ...echo] });
  });
  return figure === null ? [] : [figure];
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
