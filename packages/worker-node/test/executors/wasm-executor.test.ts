// The `wasm` executor passes the compliance suite, and keeps what it promises beyond it.
import { readFileSync, rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Executor } from "../../src/shell/executors/executor.ts";
import { createWasmExecutor } from "../../src/shell/executors/index.ts";
import { f32, i32 } from "../../src/shell/executors/wasm/assembler.ts";
import { executorCompliance } from "./compliance.ts";
import {
  copyProgram,
  DIVIDE_BY_ZERO,
  describeProgram,
  ENDLESS_LOOP,
  exitWith,
  manyFilesProgram,
  noiseProgram,
  OUT_OF_BOUNDS,
  ProgramBuilder,
  progressProgram,
  sayingProgram,
  UNREACHABLE,
} from "./programs.ts";
import { hugeFrame, indirect, liveLocals, liveVectors, manyParameters, manyResults, smallFrames } from "./recursion.ts";
import { inputFile, LIMITS, task, texts, unhurried } from "./support.ts";

describe("the wasm executor complies", () => {
  executorCompliance(() => createWasmExecutor({ slots: 1 }), {
    copy: copyProgram,
    describe: describeProgram(),
    progress: progressProgram,
    hangs: sayingProgram("hello\n", ENDLESS_LOOP),
    exits: sayingProgram("hello\n", exitWith(7)),
    traps: sayingProgram("hello\n", UNREACHABLE),
    says: sayingProgram("hello\n", []),
    recurses: smallFrames(),
    recursionEnds: "stackOverflow",
    environment: [],
    manyFiles: manyFilesProgram,
    garbage: new TextEncoder().encode("this is not a module"),
  });
});

describe("the wasm executor", () => {
  let executor: Executor;
  beforeAll(() => {
    executor = createWasmExecutor({ slots: 1 });
  });
  afterAll(() => executor.close());
  const run = (program: Uint8Array, overrides = {}) => executor.run(task(program, overrides), unhurried());

  test.each([
    ["division by zero", DIVIDE_BY_ZERO],
    ["access out of bounds", OUT_OF_BOUNDS],
  ])("%s is a trap", async (_name, code) => {
    expect(await run(sayingProgram("", code))).toMatchObject({ kind: "failed", reason: "trap" });
  });

  // A native stack overflow would come out as an infrastructure fault, and at another depth on another machine.
  test.each([
    ["small frames", smallFrames()],
    ["200 live locals", liveLocals(200)],
    ["5000 live locals", liveLocals(5_000)],
    ["500 live vectors", liveVectors(500)],
    ["900 vectors as results", manyResults(900, 1)],
    ["900 vectors as results of three calls", manyResults(900, 3)],
    ["900 vectors as parameters", manyParameters(900)],
    ["120 vectors as parameters", manyParameters(120)],
    ["calls through a table", indirect()],
    ["49000 locals", hugeFrame()],
  ])("endless recursion with %s ends at the depth limit", async (_name, program) => {
    expect(await run(program)).toMatchObject({ kind: "failed", reason: "stackOverflow" });
  });

  test("a program that takes more steps than it may is out of fuel, always after the same ones", async () => {
    const limits = { ...LIMITS, fuel: 10_000_000 };
    const outcome = await run(sayingProgram("hello\n", ENDLESS_LOOP), { limits });
    expect(outcome).toMatchObject({ kind: "failed", reason: "outOfFuel", log: "hello\n", usage: { fuel: 10_000_000 } });
    expect(outcome).toHaveProperty("message", expect.stringContaining("limits.fuel"));
  });

  test("fuel is the same in every run, and just enough is enough", async () => {
    const program = copyProgram("text");
    const input = inputFile("text", "0123456789".repeat(100));
    const fuelOf = async (fuel?: number) => {
      const limits = fuel === undefined ? LIMITS : { ...LIMITS, fuel };
      const outcome = await run(program, { inputs: [input], outputs: [{ name: "copy", path: "copy" }], limits });
      return outcome.kind === "completed" ? outcome.usage.fuel : outcome.kind === "failed" && outcome.reason;
    };
    const used = await fuelOf();
    // Five host calls: a thousand bytes are read, written, and said in the log.
    expect(used).toBeGreaterThan(5 * 2_000 + 1_000 + 1_000 + 16_000);
    expect(used).toBeLessThan(32_000);
    expect(await fuelOf()).toBe(used);
    expect(await fuelOf(Number(used))).toBe(used);
    expect(await fuelOf(Number(used) - 1)).toBe("outOfFuel");
    rmSync(input.folder, { recursive: true });
  });

  test("randomness and clock are the same for every replica, and differ between tasks", async () => {
    const outputs = [{ name: "noise", path: "noise" }];
    const noise = async (env: Record<string, string>): Promise<string> => {
      const outcome = await run(noiseProgram(), { outputs, env });
      if (outcome.kind !== "completed") throw new Error(outcome.kind);
      return Buffer.from(outcome.outputs[0]?.bytes ?? []).toString("hex");
    };
    const first = await noise({ SEED: "1", TASK_INDEX: "0", ATTEMPT: "0" });
    expect(first).toHaveLength(160);
    expect(first.slice(128, 144)).not.toBe(first.slice(144));
    expect(await noise({ SEED: "1", TASK_INDEX: "0", ATTEMPT: "1" })).toBe(first);
    expect(await noise({ SEED: "1", TASK_INDEX: "1", ATTEMPT: "0" })).not.toBe(first);
    expect(await noise({ SEED: "2", TASK_INDEX: "0", ATTEMPT: "0" })).not.toBe(first);
  });

  test("memory beyond the limit: refused at the start, -1 when it grows", async () => {
    const outcome = await run(new ProgramBuilder().build(1_000));
    expect(outcome).toMatchObject({ kind: "failed", reason: "memory" });
    // 255 more pages fit into 16 MiB beside the first one, 256 don't.
    const grow = (pages: number): Uint8Array =>
      sayingProgram("", [...i32(pages), 0x40, 0, ...i32(-1), 0x46, 0x04, 0x40, ...exitWith(9), 0x0b]);
    expect(await run(grow(255))).toMatchObject({ kind: "completed" });
    expect(await run(grow(256))).toMatchObject({ kind: "failed", exitCode: 9 });
  });

  test("the same program under another memory limit is another program", async () => {
    const program = sayingProgram("", [...i32(20), 0x40, 0, ...i32(-1), 0x46, 0x04, 0x40, ...exitWith(9), 0x0b]);
    expect(await run(program)).toMatchObject({ kind: "completed" });
    const limits = { ...LIMITS, memoryBytes: 1024 * 1024 };
    expect(await run(program, { limits })).toMatchObject({ kind: "failed", exitCode: 9 });
  });

  test("NaNs have one form where the task asks for it, whatever the program ran as before", async () => {
    const program = new ProgramBuilder().open("out/nan", true);
    program.add([...i32(16_384), 0x43, 0x01, 0x02, 0x80, 0xff, ...f32(1), 0x92, 0x38, 2, 0]);
    const module = program.write(program.opened, 16_384, i32(4)).build();
    const outputs = [{ name: "nan", path: "nan" }];
    expect(await run(module, { outputs })).toMatchObject({ kind: "completed" });
    const outcome = await run(module, { outputs, limits: { ...LIMITS, nan: "canonical" } });
    if (outcome.kind !== "completed") throw new Error(outcome.kind);
    expect([...(outcome.outputs[0]?.bytes ?? [])]).toEqual([0, 0, 0xc0, 0x7f]);
  });

  test("more programs than a sandbox keeps all run, again and again", async () => {
    const programs = Array.from({ length: 12 }, (_, i) => sayingProgram(`${i}`, []));
    for (const round of [0, 1]) {
      for (const [i, program] of programs.entries()) {
        expect(await run(program), `round ${round}`).toMatchObject({ kind: "completed", log: `${i}` });
      }
    }
  });

  test("an import that doesn't exist is named", async () => {
    const real = copyProgram("x");
    const text = Buffer.from(real).toString("latin1").replaceAll("random_get", "system_run");
    const outcome = await run(Buffer.from(text, "latin1"));
    expect(outcome).toMatchObject({ kind: "failed", reason: "badProgram" });
    expect(outcome).toHaveProperty("message", expect.stringContaining("system_run"));
  });

  test("paths outside of the tree don't exist", async () => {
    for (const path of ["in/../../etc/passwd", "/etc/passwd", "etc/passwd", "proc/self/environ"]) {
      const program = new ProgramBuilder().open(path, false).read().open("out/copy", true);
      program.write(program.opened, 16_384, i32(16));
      const outcome = await run(program.build(), { outputs: [{ name: "copy", path: "copy" }] });
      expect(texts(outcome), path).toEqual({ copy: "\0".repeat(16) });
    }
  });

  test("a declared output can't reach out of /out", async () => {
    const outputs = [{ name: "copy", path: "../in/text" }];
    expect(await run(sayingProgram("", []), { outputs })).toMatchObject({ reason: "missingOutput" });
  });

  test("inputs larger than the executor can hold are refused before they are read", async () => {
    const small = createWasmExecutor({ slots: 1, inputBytesMax: 100 });
    const inputs = [{ name: "big", path: "/nonexistent", size: 101 }];
    const outcome = await small.run(task(copyProgram("big"), { inputs }), unhurried());
    await small.close();
    expect(outcome).toMatchObject({ kind: "failed", reason: "memory" });
  });

  test("large inputs and outputs pass", async () => {
    const inputs = [{ name: "self", path: process.execPath, size: readFileSync(process.execPath).length }];
    const outcome = await run(copyProgram("self"), { inputs, outputs: [{ name: "copy", path: "copy" }] });
    if (outcome.kind !== "completed") throw new Error(outcome.kind);
    const expected = readFileSync(process.execPath).subarray(0, 32_768);
    expect(Buffer.from(outcome.outputs[0]?.bytes ?? []).equals(expected)).toBe(true);
  });
});
