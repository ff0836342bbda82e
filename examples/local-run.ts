// Runs a whole job on this machine alone, without any network: what a network's outcome must equal, bit by bit.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import {
  type ArtifactRef,
  type ArtifactSource,
  type Cid,
  contentIdOfBytes,
  filesOf,
  formatImageName,
  type Hash,
  type JobSpec,
  parseJobDocument,
  type ResolvedFile,
  reduceTask,
  resultDigest,
  type TaskProgram,
  taskAt,
  taskCount,
  toJobSpec,
} from "@starling/protocol";
import type { Executor } from "@starling/worker-node/executors";

/** One output of a task with its content. */
export interface LocalOutput extends ArtifactRef {
  readonly bytes: Uint8Array;
}

/** What one task gave. */
export interface LocalResult {
  /** The digest that workers commit to. */
  readonly digest: Hash;
  readonly outputs: readonly LocalOutput[];
}

/** What a job gave: its tasks in the order of their indices, and its reduce task if it has one. */
export interface LocalRun {
  readonly tasks: readonly LocalResult[];
  readonly reduced: LocalResult | null;
}

const OUTPUT_FILES_MAX = 1_024;

/** Files by content id in a folder that is removed after the run. */
class ContentFolder {
  readonly path = mkdtempSync(join(tmpdir(), "local-run-"));

  put(bytes: Uint8Array): ResolvedFile {
    const cid = contentIdOfBytes(bytes);
    writeFileSync(this.pathOf(cid), bytes);
    return { cid, size: bytes.length };
  }

  pathOf(cid: Cid): string {
    return join(this.path, cid.replace(":", "-"));
  }

  remove(): void {
    rmSync(this.path, { recursive: true });
  }
}

/** Runs every task of a job document, one after the other, then its reduce task. Rejects when one doesn't complete. */
export async function runLocally(
  jobFile: string,
  executor: Executor,
  { signal }: { readonly signal: AbortSignal },
): Promise<LocalRun> {
  const content = new ContentFolder();
  try {
    const spec = readSpec(jobFile, content);
    const run = (program: TaskProgram, index: number): Promise<LocalResult> =>
      runTask({ program, index, content }, executor, { signal });
    const tasks: LocalResult[] = [];
    for (let index = 0; index < taskCount(spec.each); index += 1) tasks.push(await run(taskAt(spec, index), index));
    const reduce = reduceTask(
      spec,
      tasks.map(({ outputs }) => outputs.map(({ name, cid, size }) => ({ name, cid, size }))),
    );
    return { tasks, reduced: reduce === null ? null : await run(reduce, 0) };
  } finally {
    content.remove();
  }
}

function readSpec(jobFile: string, content: ContentFolder): JobSpec {
  const parsed = parseJobDocument(readFileSync(jobFile, "utf8"));
  if (!parsed.ok) throw new Error(parsed.problems.map(({ path, message }) => `${path}: ${message}`).join("\n"));
  const read = (source: ArtifactSource): ResolvedFile => {
    if (source.kind === "image") throw new Error(`${formatImageName(source.name)} is not pulled here`);
    if (source.kind === "cid") throw new Error(`${source.cid} is not a local file`);
    return content.put(readFileSync(resolve(dirname(jobFile), source.path)));
  };
  return toJobSpec(parsed.document, new Map(filesOf(parsed.document).map(({ key, source }) => [key, read(source)])));
}

interface LocalTask {
  readonly program: TaskProgram;
  readonly index: number;
  readonly content: ContentFolder;
}

async function runTask(
  { program, index, content }: LocalTask,
  executor: Executor,
  { signal }: { readonly signal: AbortSignal },
): Promise<LocalResult> {
  const outcome = await executor.run(
    {
      leaseId: `local/${index}`,
      payer: "local",
      program: readFileSync(content.pathOf(program.program.cid)),
      programDigest: program.program.cid,
      args: program.args,
      env: { ...program.env, TASK_INDEX: String(index), SEED: String(program.seed) },
      inputs: program.inputs.map(({ name, cid, size }) => ({ name, path: content.pathOf(cid), size })),
      outputs: program.outputs,
      limits: { ...program.limits, outputFiles: OUTPUT_FILES_MAX },
    },
    { signal },
  );
  if (outcome.kind !== "completed") throw new Error(`task ${index} ${outcome.kind}: ${outcome.message}`);
  const outputs = outcome.outputs.map(({ name, bytes }) => ({ name, bytes, ...content.put(bytes) }));
  return { outputs, digest: resultDigest(outputs, outcome.exitCode) };
}
