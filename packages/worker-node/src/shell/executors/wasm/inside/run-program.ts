// One run of one compiled program: a fresh instance, a fresh file system, and a verdict on how it ended.
import type { CollectedOutput, FailureReason, RunProgress } from "../../executor.ts";
import type { RunMeasure } from "../messages.ts";
import { WASI_NAMESPACE } from "../rewriter/imports.ts";
import { FUEL_EXPORT, STACK_EXPORT, START_EXPORT } from "../rewriter/rewrite.ts";
import { ProgramExit, RunFailure } from "./failure.ts";
import { FuelTank } from "./fuel.ts";
import { LogStream, ProgressLines } from "./log.ts";
import { WasiError } from "./wasi/errno.ts";
import { type Directory, RegularFile } from "./wasi/nodes.ts";
import { buildTree, findNode } from "./wasi/tree.ts";
import { createWasi } from "./wasi/wasi.ts";

/** What a run needs besides its compiled program. */
export interface ProgramRun {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly inputs: readonly { readonly name: string; readonly bytes: Uint8Array }[];
  readonly outputs: readonly { readonly name: string; readonly path: string }[];
  readonly memoryBytes: number;
  readonly fuel: number;
  readonly outputBytes: number;
  readonly outputFiles: number;
  readonly logBytes: number;
  readonly onProgress: (progress: RunProgress) => void;
  readonly onLog: (bytes: Uint8Array) => void;
}

/** How it ended. Outputs are views of memory that nobody else holds. */
export type ProgramEnd = { readonly measure: RunMeasure } & (
  | { readonly type: "completed"; readonly outputs: readonly CollectedOutput[] }
  | { readonly type: "failed"; readonly reason: FailureReason; readonly message: string; readonly exitCode?: number }
  | { readonly type: "broken"; readonly message: string }
);

/** Quota of `/tmp` and of `/ckpt`, each: they live in the sandbox's memory, so they are no larger than the program's own. */
const SCRATCH_BYTES_MAX = 64 * 1024 * 1024;

/** Runs a rewritten program to its end. Never throws for anything that a program can do. */
export function runProgram(module: WebAssembly.Module, run: ProgramRun): ProgramEnd {
  const cpu = process.threadCpuUsage();
  const clock = (): number => performance.now();
  const log = new LogStream({ bytesMax: run.logBytes, send: run.onLog, clock });
  const progress = new ProgressLines(run.onProgress, clock);
  const tank = new FuelTank(run.fuel);
  let memoryBytes = (): number => 0;
  let written = (): number => 0;
  let end: Ending;
  try {
    const tree = buildTree({ ...run, ...volumes(run), onProgress: (bytes) => progress.take(bytes) });
    written = tree.written;
    const { args, env } = run;
    const wasi = createWasi({ args, env, root: tree.root, fuel: tank, onLog: (bytes) => log.take(bytes) });
    memoryBytes = () => wasi.memory.size;
    end = execute(module, wasi, tank);
    if (end.type === "completed") end = collect(tree.out, run.outputs);
  } catch (error) {
    end = endingOf(error, undefined);
  }
  progress.flush();
  log.end();
  const { user, system } = process.threadCpuUsage(cpu);
  const cpuMs = (user + system) / 1_000;
  const peakMemoryBytes = memoryBytes() + written();
  return { ...end, measure: { cpuMs, peakMemoryBytes, bytesOut: written(), fuel: tank.used } };
}

type Ending =
  | { type: "completed"; outputs: readonly CollectedOutput[] }
  | { type: "failed"; reason: FailureReason; message: string; exitCode?: number }
  | { type: "broken"; message: string };

function volumes(run: ProgramRun): { scratchBytes: number } {
  return { scratchBytes: Math.min(run.memoryBytes, SCRATCH_BYTES_MAX) };
}

function execute(module: WebAssembly.Module, wasi: ReturnType<typeof createWasi>, tank: FuelTank): Ending {
  const end = runToEnd(module, wasi, tank);
  // Looked at in the end too: a program may end, in whatever way, between running out and the next check.
  return end.type !== "broken" && tank.isEmpty ? endingOf(tank.failure(), undefined) : end;
}

function runToEnd(module: WebAssembly.Module, wasi: ReturnType<typeof createWasi>, tank: FuelTank): Ending {
  let stack: WebAssembly.Global | undefined;
  try {
    const instance = new WebAssembly.Instance(module, { [WASI_NAMESPACE]: { ...wasi.imports } });
    const {
      memory,
      _start: start,
      [START_EXPORT]: before,
      [STACK_EXPORT]: left,
      [FUEL_EXPORT]: fuel,
    } = instance.exports;
    stack = left as WebAssembly.Global;
    wasi.memory.bind(memory as WebAssembly.Memory);
    tank.bind(fuel as WebAssembly.Global);
    (before as (() => void) | undefined)?.();
    (start as () => void)();
  } catch (error) {
    return endingOf(error, stack);
  }
  return { type: "completed", outputs: [] };
}

function endingOf(error: unknown, stack: WebAssembly.Global | undefined): Ending {
  if (error instanceof ProgramExit) {
    if (error.code === 0) return { type: "completed", outputs: [] };
    return { type: "failed", reason: "exit", message: `it exited with code ${error.code}`, exitCode: error.code };
  }
  if (error instanceof RunFailure) return { type: "failed", reason: error.reason, message: error.message };
  if (error instanceof WebAssembly.RuntimeError) {
    // The counter stays below zero only where the depth limit itself has trapped.
    if (typeof stack?.value === "number" && stack.value < 0) {
      return {
        type: "failed",
        reason: "stackOverflow",
        message: "it calls functions too deeply, most likely without end",
      };
    }
    return { type: "failed", reason: "trap", message: `it trapped: ${error.message}` };
  }
  if (error instanceof WebAssembly.LinkError) return { type: "failed", reason: "badProgram", message: error.message };
  // Anything else, also a native stack overflow, would be a hole in the sandbox and is nobody's fault but ours.
  return { type: "broken", message: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
}

function collect(out: Directory, declared: ProgramRun["outputs"]): Ending {
  const outputs: CollectedOutput[] = [];
  const missing: string[] = [];
  for (const { name, path } of declared) {
    const bytes = read(out, path);
    if (bytes === undefined) missing.push(`${name} (/out/${path})`);
    else outputs.push({ name, bytes });
  }
  if (missing.length === 0) return { type: "completed", outputs };
  return { type: "failed", reason: "missingOutput", message: `it ended without writing ${missing.join(", ")}` };
}

function read(out: Directory, path: string): Uint8Array | undefined {
  try {
    const node = findNode(out, path);
    return node instanceof RegularFile ? node.bytes() : undefined;
  } catch (error) {
    if (error instanceof WasiError) return undefined;
    throw error;
  }
}
