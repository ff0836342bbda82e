// Measures what the sandbox adds to a program's own run, for the benchmark.
import type { Executor, TaskRun } from "../executor.ts";
import { Programs } from "./inside/programs.ts";
import { runProgram } from "./inside/run-program.ts";
import { probeTask } from "./probe.ts";

/** Durations in milliseconds over all rounds. */
export interface Overhead {
  /** Median of a run in this process, without any sandbox: instance, files, program. */
  readonly bareMsP50: number;
  /** Median and 99th percentile of the same run through the executor, warm. */
  readonly sandboxMsP50: number;
  readonly sandboxMsP99: number;
  /** What the sandbox adds, by medians. */
  readonly addedMsP50: number;
}

/** Runs the probe's program in turns bare and through the executor. Trusted code only: the bare run has no sandbox. */
export async function measureOverhead(
  executor: Executor,
  { rounds, signal }: { readonly rounds: number; readonly signal: AbortSignal },
): Promise<Overhead> {
  const task = probeTask();
  const module = new Programs().get(task.programDigest, task.program, task.limits);
  const bare: number[] = [];
  const sandboxed: number[] = [];
  await executor.run(task, { signal });
  for (let round = 0; round < rounds; round += 1) {
    signal.throwIfAborted();
    bare.push(timed(() => runBare(module, task)));
    const startedAt = performance.now();
    const outcome = await executor.run(task, { signal });
    sandboxed.push(performance.now() - startedAt);
    if (outcome.kind !== "completed") throw new Error(`the probe's program ${outcome.kind}: ${outcome.message}`);
  }
  const bareMsP50 = median(bare);
  const sandboxMsP50 = median(sandboxed);
  return { bareMsP50, sandboxMsP50, sandboxMsP99: percentile(sandboxed, 99), addedMsP50: sandboxMsP50 - bareMsP50 };
}

function runBare(module: WebAssembly.Module, task: TaskRun): void {
  const nothing = (): void => undefined;
  const end = runProgram(module, {
    ...task,
    ...task.limits,
    fuel: Number.MAX_SAFE_INTEGER,
    inputs: [],
    onProgress: nothing,
    onLog: nothing,
  });
  if (end.type !== "completed") throw new Error(`the probe's program ${end.type}: ${end.message}`);
}

function timed(run: () => void): number {
  const startedAt = performance.now();
  run();
  return performance.now() - startedAt;
}

/** The middle one. */
export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? 0;
}
