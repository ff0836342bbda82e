// What a job must give: its outcome when one process runs it alone.
import { createWasmExecutor } from "@starling/worker-node/executors";
import { type LocalResult, type LocalRun, runLocally } from "../../examples/local-run.ts";
import { deadline } from "./deadline.ts";

/** Runs a job file without any network. */
export async function localOutcome(jobFile: string): Promise<LocalRun> {
  const executor = createWasmExecutor({ slots: 1 });
  try {
    return await runLocally(jobFile, executor, { signal: deadline(`local run of ${jobFile}`, 120_000) });
  } finally {
    await executor.close();
  }
}

/** Results by step and index, as the API and the folders of results name them. */
export function resultsByName({ tasks, reduced }: LocalRun): ReadonlyMap<string, LocalResult> {
  const named = tasks.map((result, index) => [`map/${index}`, result] as const);
  return new Map(reduced === null ? named : [...named, ["reduce/0", reduced]]);
}
