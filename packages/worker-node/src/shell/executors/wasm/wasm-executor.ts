// The `wasm` executor: programs run in warm child processes, never in the daemon.
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import type { Executor, ProbeResult, RunOptions, RunOutcome, TaskInput, TaskRun } from "../executor.ts";
import { type Measure, meter } from "../usage.ts";
import { nicenessOf } from "./niceness.ts";
import { SandboxPool } from "./pool.ts";
import { probe } from "./probe.ts";
import { type Answer, type Reply, Sandbox } from "./sandbox.ts";
import { sizeText } from "./size-text.ts";

/** Options of the executor. */
export interface WasmExecutorOptions {
  /** How many tasks may run at one time; as many sandboxes are kept warm, each about 60 MB. */
  readonly slots: number;
  /** Inputs of one task together: they lie in the sandbox's memory. Default 256 MiB. */
  readonly inputBytesMax?: number;
}

const INPUT_BYTES_MAX = 256 * 1024 * 1024;

/** Programs that one sandbox keeps compiled. */
const PROGRAMS_MAX = 8;

/** Reading a smaller file takes less time than handing the reading to another thread. */
const READ_AT_ONCE_BYTES = 1024 * 1024;

/** Makes the executor and starts its sandboxes in the background. */
export function createWasmExecutor(options: WasmExecutorOptions): Executor {
  const niceness = nicenessOf(options.slots, availableParallelism());
  const pool = new SandboxPool(() => Sandbox.start(niceness), options.slots);
  const inputBytesMax = options.inputBytesMax ?? INPUT_BYTES_MAX;
  pool.warm();
  const run = (task: TaskRun, runOptions: RunOptions): Promise<RunOutcome> =>
    runTask({ pool, inputBytesMax }, task, runOptions);
  return {
    class: "wasm",
    run,
    probe: ({ signal }): Promise<ProbeResult> => probe((task) => run(task, { signal })),
    close: () => pool.close(),
  };
}

interface Context {
  readonly pool: SandboxPool<Sandbox>;
  readonly inputBytesMax: number;
}

async function runTask(context: Context, task: TaskRun, options: RunOptions): Promise<RunOutcome> {
  const startedAt = performance.now();
  const usage = meter(task, startedAt);
  const { bytesIn } = usage();
  if (bytesIn - task.program.length > context.inputBytesMax) {
    const message = `its inputs are larger than the ${sizeText(context.inputBytesMax)} that this executor can hold`;
    return { kind: "failed", reason: "memory", message, log: "", usage: usage() };
  }
  try {
    const inputs = await readInputs(task.inputs);
    const loan = await context.pool.acquire(task.payer, options);
    try {
      const reply = await exchange(loan.sandbox, { task, inputs, options });
      return outcomeOf(task, reply, usage);
    } finally {
      loan.release();
    }
  } catch (error) {
    if (options.signal.aborted)
      return { kind: "killed", message: "it was stopped before it ran", log: "", usage: usage() };
    return { kind: "infrastructure", message: error instanceof Error ? error.message : String(error) };
  }
}

async function readInputs(inputs: readonly TaskInput[]): Promise<Uint8Array[]> {
  const contents: Uint8Array[] = [];
  for (const { name, path, size } of inputs) {
    const bytes = size <= READ_AT_ONCE_BYTES ? readFileSync(path) : await readFile(path);
    if (bytes.length !== size) throw new Error(`input ${name} has ${bytes.length} bytes on disk, expected ${size}`);
    contents.push(bytes);
  }
  return contents;
}

interface Prepared {
  readonly task: TaskRun;
  readonly inputs: readonly Uint8Array[];
  readonly options: RunOptions;
}

async function exchange(sandbox: Sandbox, { task, inputs, options }: Prepared): Promise<Reply> {
  const { limits } = task;
  const canonicalNans = limits.nan === "canonical";
  // Both are written into the compiled program.
  const programKey = `${task.programDigest}/${limits.memoryBytes}${canonicalNans ? "/nan" : ""}`;
  const carriesProgram = !sandbox.programs.has(programKey);
  const reply = await sandbox.exchange({
    request: {
      programKey,
      carriesProgram,
      forget: carriesProgram ? oldest(sandbox.programs) : [],
      args: task.args,
      env: task.env,
      inputs: task.inputs.map((input) => input.name),
      outputs: task.outputs,
      memoryBytes: limits.memoryBytes,
      canonicalNans,
      fuel: limits.fuel ?? fuelFor(limits.timeoutMs),
      outputBytes: limits.outputBytes,
      outputFiles: limits.outputFiles,
      logBytes: limits.logBytes,
    },
    parts: carriesProgram ? [task.program, ...inputs] : inputs,
    timeoutMs: limits.timeoutMs,
    outputBytesMax: limits.outputBytes,
    logBytesMax: limits.logBytes,
    signal: options.signal,
    onProgress: ({ done, total, metric }) =>
      options.onProgress?.(metric === undefined ? { done, total } : { done, total, metric }),
  });
  if (reply.kind !== "answered") return reply;
  const { message } = reply;
  if (wasCompiled(message)) sandbox.programs.add(programKey);
  // It may have touched all of its stack, and would hold that memory from now on.
  if (message.type === "failed" && message.reason === "stackOverflow") await sandbox.kill();
  return reply;
}

/** Fuel that no program uses up in a millisecond on any machine: a task without a limit of its own ends by its timeout. */
const FUEL_PER_MS = 200_000_000;

function fuelFor(timeoutMs: number): number {
  return Math.min(Math.ceil(timeoutMs) * FUEL_PER_MS, Number.MAX_SAFE_INTEGER);
}

// Takes the oldest programs out of the set when it is full, and says which.
function oldest(programs: Set<string>): string[] {
  const excess = [...programs].slice(0, Math.max(0, programs.size - PROGRAMS_MAX + 1));
  for (const key of excess) programs.delete(key);
  return excess;
}

function wasCompiled(answer: Answer): boolean {
  if (answer.type === "completed") return true;
  return answer.type === "failed" && !["badModule", "badProgram", "memory"].includes(answer.reason);
}

function outcomeOf(task: TaskRun, reply: Reply, usage: Measure): RunOutcome {
  const { log } = reply;
  switch (reply.kind) {
    case "answered":
      return answerOutcome(task, reply, usage);
    case "timedOut": {
      const message = `it ran longer than ${task.limits.timeoutMs} ms`;
      return { kind: "timedOut", message, log, usage: usage({ wallMs: task.limits.timeoutMs }) };
    }
    case "killed":
      return { kind: "killed", message: "it was stopped", log, usage: usage() };
    case "outOfMemory": {
      const message = "killed for memory: it and its inputs, outputs and log filled its sandbox";
      return { kind: "failed", reason: "memory", message, outOfMemory: true, log, usage: usage() };
    }
    case "died":
      return { kind: "infrastructure", message: reply.message };
  }
}

function answerOutcome(task: TaskRun, reply: Extract<Reply, { kind: "answered" }>, usage: Measure): RunOutcome {
  const { message, parts, log } = reply;
  if (message.type === "broken") return { kind: "infrastructure", message: message.message };
  const used = usage(message.measure);
  if (message.type === "failed") {
    const { reason, exitCode } = message;
    const failed = { kind: "failed", reason, message: message.message, log, usage: used } as const;
    return exitCode === undefined ? failed : { ...failed, exitCode };
  }
  if (parts.length !== task.outputs.length) {
    return { kind: "infrastructure", message: "the sandbox gave another number of outputs than declared" };
  }
  const outputs = task.outputs.map(({ name }, i) => ({ name, bytes: parts[i] ?? new Uint8Array(0) }));
  return { kind: "completed", exitCode: 0, outputs, log, usage: used };
}
