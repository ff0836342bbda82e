// Says what programs use and compute, one line each: started with other flags of the engine, it must say the same.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Programs } from "../../src/shell/executors/wasm/inside/programs.ts";
import { type ProgramRun, runProgram } from "../../src/shell/executors/wasm/inside/run-program.ts";
import { copyProgram, DIVIDE_BY_ZERO, sayingProgram } from "./programs.ts";
import { randomPair } from "./random-programs.ts";

const EXAMPLES = join(import.meta.dirname, "../../../../examples");
const example = (path: string): Uint8Array => new Uint8Array(readFileSync(join(EXAMPLES, path)));

const base: ProgramRun = {
  ...{ args: [], env: { SEED: "1", TASK_INDEX: "0" }, inputs: [], outputs: [] },
  ...{
    memoryBytes: 64 * 1024 * 1024,
    fuel: 20_000_000_000,
    outputBytes: 1024 * 1024,
    outputFiles: 16,
    logBytes: 1_000,
  },
  onProgress: () => undefined,
  onLog: () => undefined,
};

const train: Partial<ProgramRun> = {
  args: ["--lr", "0.1", "--l2", "0", "--seed", "1"],
  inputs: [{ name: "digits", bytes: example("digits-sweep/digits.csv") }],
  outputs: [
    { name: "metrics", path: "metrics.json" },
    { name: "model", path: "model.bin" },
  ],
};

const outputs = (name: string): Partial<ProgramRun> => ({ outputs: [{ name, path: name }] });

const cases: (readonly [name: string, program: Uint8Array, run: Partial<ProgramRun>])[] = [
  ["train", example("digits-sweep/train.wasm"), train],
  ["reduce without inputs", example("digits-sweep/reduce.wasm"), {}],
  ["noop", example("noop/noop.wasm"), {}],
  ["memory-hog", example("misbehave/memory-hog.wasm"), outputs("mebibytes")],
  ["log-flood", example("misbehave/log-flood.wasm"), outputs("done")],
  ["huge-output", example("misbehave/huge-output.wasm"), {}],
  ["exit-three", example("misbehave/exit-three.wasm"), {}],
  ["endless-loop", example("misbehave/endless-loop.wasm"), { fuel: 100_000_000 }],
  ["copy", copyProgram("x"), { inputs: [{ name: "x", bytes: new Uint8Array(10_000) }] }],
  ["trap", sayingProgram("x", DIVIDE_BY_ZERO), {}],
  ...Array.from({ length: 20 }, (_, i) => [`random ${i}`, randomPair(i * 97 + 11).plain, {}] as const),
];

for (const [name, program, run] of cases) {
  const module = new Programs().get(name, program, base);
  const end = runProgram(module, { ...base, ...run });
  const how = end.type === "failed" ? `${end.type} ${end.reason} ${end.message}` : end.type;
  const hash = createHash("sha256");
  if (end.type === "completed") for (const output of end.outputs) hash.update(output.bytes);
  process.stdout.write(`${name}: ${end.measure.fuel} ${how} ${hash.digest("hex").slice(0, 16)}\n`);
}
