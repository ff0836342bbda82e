// Runs one lease: inputs are fetched and verified, the program runs in its sandbox, outputs are stored, the result is digested.
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { ArtifactStore } from "@starling/node-kit";
import { type ArtifactRef, type Checkpoint, type LeaseItem, limits, resultDigest } from "@starling/protocol";
import type { RunResult } from "../core/index.ts";
import { keepCheckpoints, openCheckpoint } from "./checkpoints.ts";
import type {
  CheckpointFiles,
  CollectedOutput,
  Executor,
  RunOutcome,
  RunProgress,
  TaskInput,
  TaskRoot,
} from "./executors/executor.ts";
import { toldOfFailure, toldUsage } from "./executors/usage.ts";
import type { MemoryCache } from "./memory-cache.ts";
import type { BlobPeer } from "./ports.ts";
import { programParts } from "./program-parts.ts";

/** Parts of a run. */
export interface RunDeps {
  readonly artifacts: ArtifactStore;
  readonly memory: MemoryCache;
  readonly executor: Executor;
  readonly peer: BlobPeer;
  /** Folder for the inputs of running tasks. */
  readonly runsDir: string;
}

/** How the caller takes part in a run. */
export interface RunHooks {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: RunProgress) => void;
  /** Asks the program for a last checkpoint. */
  readonly stop?: AbortSignal;
  /** Checkpoints that were kept, by rising step; all of them before the run is over. */
  readonly onCheckpoints?: (kept: readonly Checkpoint[]) => void;
}

// Files and directories that a program may leave in its output folder.
const OUTPUT_FILES_MAX = 1_024;

/** What a run needs of its lease. */
export type RunnableLease = Pick<LeaseItem, "leaseId" | "payer" | "index" | "task"> & {
  /** GPUs that the run has for itself. */
  readonly devices?: readonly string[];
  readonly hosts?: readonly string[];
  /** What it goes on from. */
  readonly resume?: Checkpoint | undefined;
};

/** Never rejects: a missing input is an infrastructure failure of this machine, everything else is what the executor says. */
export async function runLease(lease: RunnableLease, deps: RunDeps, hooks: RunHooks): Promise<RunResult> {
  const { artifacts } = deps;
  const { program, root, inputs } = lease.task;
  const files = [program, ...(root === undefined ? [] : [root]), ...inputs];
  for (const { cid } of files) artifacts.pin(cid);
  try {
    await fetchAll(files, deps, hooks.signal);
    return await runWithInputs(lease, deps, hooks);
  } catch (error) {
    return failed("infrastructure", "inputUnavailable", { message: describe(error), log: "" });
  } finally {
    for (const { cid } of files) artifacts.unpin(cid);
  }
}

async function fetchAll(
  files: readonly ArtifactRef[],
  { artifacts, peer }: RunDeps,
  signal: AbortSignal,
): Promise<void> {
  for (const { cid, size } of files) {
    if (artifacts.stat(cid) === null) await peer.fetch(cid, size, signal);
  }
}

async function runWithInputs(lease: RunnableLease, deps: RunDeps, hooks: RunHooks): Promise<RunResult> {
  if (lease.task.inputs.length === 0) return await executeAndJudge({ lease, inputs: [] }, deps, hooks);
  const { artifacts, runsDir } = deps;
  const directory = join(runsDir, lease.leaseId.slice(2));
  // Copies lie beside the store and take room of the same disk, so they count in its budget.
  const release = await artifacts.reserve(lease.task.inputs.reduce((sum, { size }) => sum + size, 0));
  try {
    const inputs = await writeInputs(lease.task.inputs, { artifacts, directory }, hooks.signal);
    return await executeAndJudge({ lease, inputs }, deps, hooks);
  } finally {
    await rm(directory, { recursive: true, force: true });
    release();
  }
}

async function executeAndJudge(run: Run, deps: RunDeps, hooks: RunHooks): Promise<RunResult> {
  try {
    return await judge(await execute(run, deps, hooks), deps);
  } catch (error) {
    return failed("infrastructure", "executorBroken", { message: describe(error), log: "" });
  }
}

interface Run {
  readonly lease: RunnableLease;
  readonly inputs: readonly TaskInput[];
}

// Verified copies: the program reads what the lease names, whatever happened to the cache since it was fetched.
async function writeInputs(
  inputs: readonly ArtifactRef[],
  { artifacts, directory }: { readonly artifacts: ArtifactStore; readonly directory: string },
  signal: AbortSignal,
): Promise<readonly TaskInput[]> {
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const written: TaskInput[] = [];
  for (const [index, { name, cid, size }] of inputs.entries()) {
    const path = join(directory, String(index));
    await artifacts.writeTo(cid, path, { signal });
    written.push({ name, path, size });
  }
  return written;
}

async function execute({ lease, inputs }: Run, deps: RunDeps, hooks: RunHooks): Promise<RunOutcome> {
  const { task, devices = [], hosts } = lease;
  const { signal, onProgress, stop, onCheckpoints } = hooks;
  const terms = task.limits.checkpoint;
  const resume = await openCheckpoint(deps, { resume: lease.resume, terms }, signal);
  return await deps.executor.run(
    {
      leaseId: lease.leaseId,
      payer: lease.payer,
      ...(await programParts(task.program, deps)),
      ...(task.root === undefined ? {} : { root: rootOf(task.root, deps.artifacts) }),
      args: task.args,
      // The attempt is not among them: replicas differ in it, and their results must not.
      env: { ...task.env, TASK_INDEX: String(lease.index), SEED: String(task.seed), ...resumeStep(resume) },
      inputs,
      outputs: task.outputs,
      limits: { ...task.limits, outputFiles: OUTPUT_FILES_MAX },
      ...(devices.length === 0 ? {} : { devices }),
      ...(hosts === undefined ? {} : { hosts }),
      ...(resume === undefined ? {} : { resume }),
    },
    {
      signal,
      onProgress,
      ...(stop === undefined ? {} : { stop }),
      onCheckpoints: async (found) => onCheckpoints?.(await keepCheckpoints(deps.artifacts, found)),
    },
  );
}

// Read only where the executor has not unpacked it before.
function rootOf({ cid, size }: ArtifactRef, artifacts: ArtifactStore): TaskRoot {
  return { digest: cid, size, open: (signal) => artifacts.open(cid, undefined, { signal }) };
}

function resumeStep(resume: CheckpointFiles | undefined): Readonly<Record<string, string>> {
  return resume === undefined ? {} : { RESUME_STEP: String(resume.step) };
}

async function judge(outcome: RunOutcome, deps: RunDeps): Promise<RunResult> {
  switch (outcome.kind) {
    case "completed": {
      const outputs: ArtifactRef[] = [];
      for (const output of outcome.outputs) outputs.push(await store(output, deps));
      const usage = toldUsage(outcome.usage);
      return { kind: "completed", digest: resultDigest(outputs, outcome.exitCode), outputs, usage };
    }
    case "failed":
      return { ...failed("application", outcome.reason, outcome), ...toldOfFailure(outcome) };
    case "timedOut":
      return { ...failed("application", "timedOut", outcome), ...toldOfFailure(outcome) };
    case "killed":
      return { ...failed("infrastructure", "killed", outcome), ...toldOfFailure(outcome) };
    case "infrastructure":
      return failed("infrastructure", outcome.reason ?? "executorBroken", { message: outcome.message, log: "" });
  }
}

// Not synced: after a power cut the reveal may fail, and the task is leased to somebody else.
async function store({ name, bytes }: CollectedOutput, { artifacts, memory }: RunDeps): Promise<ArtifactRef> {
  const { cid, size } = await artifacts.put(bytes, { durable: false });
  memory.keep(cid, bytes);
  return { name, cid, size };
}

function failed(
  fault: "application" | "infrastructure",
  reason: string,
  said: { readonly message: string; readonly log: string },
): Extract<RunResult, { kind: "failed" }> {
  return { kind: "failed", fault, reason, message: said.message.slice(0, limits.messageLength), log: said.log };
}

// Paths of this machine are nobody else's business: errors of the file system are told by their code.
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return "path" in error && "code" in error ? `the worker's disk answered ${String(error.code)}` : error.message;
}
