// Measures what the counting of fuel and depth costs a program, for the benchmark.
import { FuelTank } from "./inside/fuel.ts";
import { Programs } from "./inside/programs.ts";
import { type ProgramRun, runProgram } from "./inside/run-program.ts";
import { buildTree } from "./inside/wasi/tree.ts";
import { createWasi } from "./inside/wasi/wasi.ts";
import { median } from "./overhead.ts";
import { WASI_NAMESPACE } from "./rewriter/imports.ts";

/** What is run: a program with its arguments, inputs and declared outputs. */
export type MeasuredProgram = Pick<ProgramRun, "args" | "inputs" | "outputs"> & { readonly program: Uint8Array };

/** Medians in milliseconds. */
export interface FuelOverhead {
  /** The program as its compiler made it. */
  readonly plainMsP50: number;
  /** The same rewritten. */
  readonly countedMsP50: number;
  /** Rewriting and compiling, once per program and sandbox. */
  readonly prepareMs: number;
  readonly fuel: number;
}

const MEBIBYTE = 1024 * 1024;
const LIMITS = { memoryBytes: 256 * MEBIBYTE, outputBytes: 16 * MEBIBYTE, outputFiles: 64, logBytes: 1_000 } as const;

/** Runs a program in turns as it is and rewritten, in this process. Trusted programs only: neither run has a sandbox. */
export function measureFuelOverhead(measured: MeasuredProgram, rounds: number): FuelOverhead {
  const original = new WebAssembly.Module(measured.program);
  const startedAt = performance.now();
  const rewritten = new Programs().get("measured", measured.program, LIMITS);
  const prepareMs = performance.now() - startedAt;
  const plain: number[] = [];
  const counted: number[] = [];
  let fuel = 0;
  for (let round = 0; round < rounds; round += 1) {
    const from = performance.now();
    runPlain(original, measured);
    const between = performance.now();
    fuel = runCounted(rewritten, measured);
    plain.push(between - from);
    counted.push(performance.now() - between);
  }
  return { plainMsP50: median(plain), countedMsP50: median(counted), prepareMs, fuel };
}

const nothing = (): void => undefined;

function runPlain(module: WebAssembly.Module, { args, inputs }: MeasuredProgram): void {
  const { root } = buildTree({ ...LIMITS, inputs, scratchBytes: MEBIBYTE, onProgress: nothing });
  const wasi = createWasi({ args, env: {}, root, fuel: new FuelTank(Number.MAX_SAFE_INTEGER), onLog: nothing });
  const { memory, _start: start } = new WebAssembly.Instance(module, { [WASI_NAMESPACE]: { ...wasi.imports } }).exports;
  wasi.memory.bind(memory as WebAssembly.Memory);
  (start as () => void)();
}

function runCounted(module: WebAssembly.Module, { args, inputs, outputs }: MeasuredProgram): number {
  const hooks = { onProgress: nothing, onLog: nothing };
  const run = { ...LIMITS, ...hooks, args, inputs, outputs, env: {}, fuel: Number.MAX_SAFE_INTEGER };
  const end = runProgram(module, run);
  if (end.type !== "completed") throw new Error(`the program ${end.type}: ${end.message}`);
  return end.measure.fuel;
}
