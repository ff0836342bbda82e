// Runs the sweep on this machine alone and prints what came out: `node examples/digits-sweep/reference.ts`.
import { join } from "node:path";
import { createWasmExecutor, type Executor } from "@starling/worker-node/executors";
import { type LocalResult, type LocalRun, runLocally } from "../local-run.ts";

/** What `best.json` says. */
export interface Best {
  readonly task: number;
  readonly tasks: number;
  readonly lr: number;
  readonly l2: number;
  readonly seed: number;
  readonly validationAccuracy: number;
  readonly validationLoss: number;
  readonly testRows: number;
  readonly testCorrect: number;
  readonly testAccuracy: number;
  readonly testLoss: number;
}

/** The sweep's outcome without a network. */
export interface Reference extends LocalRun {
  readonly best: Best;
}

/** The job. */
export const JOB_FILE = join(import.meta.dirname, "job.yaml");

/** Runs all tasks and the reduce task; rejects when one doesn't complete. */
export async function runReference(
  executor: Executor,
  { signal }: { readonly signal: AbortSignal },
): Promise<Reference> {
  const run = await runLocally(JOB_FILE, executor, { signal });
  return { ...run, best: readOutput(run.reduced, "best") as Best };
}

/** A JSON output of a task, parsed. */
export function readOutput(result: LocalResult | null | undefined, name: string): unknown {
  const output = result?.outputs.find((candidate) => candidate.name === name);
  if (output === undefined) throw new Error(`there is no output ${name}`);
  return JSON.parse(new TextDecoder().decode(output.bytes)) as unknown;
}

async function main(): Promise<void> {
  const executor = createWasmExecutor({ slots: 1 });
  try {
    const { tasks, reduced, best } = await runReference(executor, { signal: AbortSignal.timeout(300_000) });
    for (const task of tasks) console.log(`${task.digest} ${JSON.stringify(readOutput(task, "metrics"))}`);
    console.log(`${reduced?.digest} ${JSON.stringify(best)}`);
  } finally {
    await executor.close();
  }
}

if (import.meta.main) await main();
