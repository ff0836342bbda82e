// A warm sandbox beside the bare program: the same small task in it, in turns with what it does run by this process itself.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Executor, TaskRun } from "@starling/worker-node/executors";
import type { Beside, Figure } from "../figure.ts";
import { latency, ms, percentile } from "./statistics.ts";

const mebibyte = 2 ** 20;
const start = promisify(execFile);

/** What is compared. */
export interface WarmRun {
  readonly executor: Executor;
  readonly task: TaskRun;
  /** The bare program with its arguments. */
  readonly bare: readonly [string, ...(readonly string[])];
  readonly rounds: number;
  readonly signal: AbortSignal;
}

/** A task that leaves one small file. */
export function smallTask(program: Uint8Array): TaskRun {
  return {
    leaseId: "small",
    payer: "",
    program,
    programDigest: "small",
    args: [],
    env: {},
    inputs: [],
    outputs: [{ name: "done", path: "done" }],
    limits: { timeoutMs: 60_000, memoryBytes: 64 * mebibyte, outputBytes: 65_536, outputFiles: 4, logBytes: 1_024 },
  };
}

/** Uses an executor and closes it. */
export async function withExecutor<T>(executor: Executor, use: (executor: Executor) => Promise<T>): Promise<T> {
  try {
    return await use(executor);
  } finally {
    await executor.close();
  }
}

/** Runs a task that must complete. */
export async function complete(executor: Executor, task: TaskRun, signal: AbortSignal): Promise<void> {
  const outcome = await executor.run(task, { signal });
  if (outcome.kind !== "completed") throw new Error(`the task ${outcome.kind}: ${outcome.message}`);
}

/** What the sandbox adds to the bare program. */
export async function warmFigure(name: string, beside: Beside, run: WarmRun): Promise<Figure> {
  const { executor, task, bare, rounds, signal } = run;
  const [command, ...words] = bare;
  const [alone, sandboxed]: [number[], number[]] = [[], []];
  await complete(executor, task, signal);
  for (let round = 0; round < rounds; round += 1) {
    const startedAt = performance.now();
    await start(command, words, { signal, env: {} });
    const between = performance.now();
    await complete(executor, task, signal);
    alone.push(between - startedAt);
    sandboxed.push(performance.now() - between);
  }
  const { p50Ms, p99Ms, text } = latency(sandboxed);
  const bareMsP50 = percentile(alone, 50);
  return {
    name: `sandbox, ${name}, warm`,
    ours: `${ms(p50Ms - bareMsP50)} added; ${text} in all`,
    how: `${rounds} runs of a script with a file output, in turns with a script that a shell of this machine runs bare in ${ms(bareMsP50)} (p50 / p99)`,
    values: { bareMsP50, sandboxMsP50: p50Ms, sandboxMsP99: p99Ms, addedMsP50: p50Ms - bareMsP50 },
    beside,
  };
}
