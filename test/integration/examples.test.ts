// The example programs: results are the same every time, and misbehaviour ends as it should.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseJobDocument } from "@starling/protocol";
import { createWasmExecutor, type Executor, type RunOutcome, type TaskRun } from "@starling/worker-node/executors";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readOutput, runReference } from "../../examples/digits-sweep/reference.ts";

const EXAMPLES = join(import.meta.dirname, "../../examples");
const { signal } = new AbortController();

let executor: Executor;
beforeAll(() => {
  executor = createWasmExecutor({ slots: 2 });
});
afterAll(() => executor.close());

function example(path: string): Uint8Array {
  return new Uint8Array(readFileSync(join(EXAMPLES, path)));
}

function run(program: Uint8Array, overrides: Partial<TaskRun> = {}): Promise<RunOutcome> {
  const limits = {
    timeoutMs: 20_000,
    memoryBytes: 16 * 1024 * 1024,
    outputBytes: 1024 * 1024,
    outputFiles: 16,
    logBytes: 1_000,
  };
  const task = { leaseId: "lease", payer: "payer", args: [], env: {}, inputs: [], outputs: [], limits };
  const programDigest = Buffer.from(program).toString("base64");
  return executor.run({ ...task, program, programDigest, ...overrides }, { signal });
}

test.each(readdirSync(EXAMPLES, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".yaml")))(
  "%s is a job document",
  (path) => {
    const parsed = parseJobDocument(readFileSync(join(EXAMPLES, path), "utf8"));
    expect(parsed).toMatchObject({ ok: true });
  },
);

describe("digits-sweep", () => {
  test("gives the same bytes every time and finds a good classifier by validation alone", async () => {
    const [first, second] = await Promise.all([runReference(executor, { signal }), runReference(executor, { signal })]);
    expect(second).toEqual(first);
    expect(first.tasks).toHaveLength(36);
    // Different configurations must give different models, or the sweep would be pointless.
    expect(new Set(first.tasks.map(({ digest }) => digest)).size).toBe(36);
    const metrics = first.tasks.map((task) => readOutput(task, "metrics") as Record<string, number>);
    const { best } = first;
    const accuracies = metrics.map(({ validationAccuracy }) => validationAccuracy ?? 0);
    expect(best.validationAccuracy).toBe(Math.max(...accuracies));
    const { lr, l2, seed, validationLoss } = metrics[best.task] ?? {};
    expect(best).toMatchObject({ tasks: 36, lr, l2, seed, validationLoss });
    expect(best.testAccuracy).toBeGreaterThan(0.95);
  });

  const digits = join(EXAMPLES, "digits-sweep/digits.csv");
  const good = ["--lr", "0.1", "--l2", "0", "--seed", "1"];
  test.each([
    ["no arguments", [], "--lr"],
    ["a missing value", ["--lr"], "has no value"],
    ["a rate that is no number", ["--lr", "fast", "--l2", "0", "--seed", "1"], "--lr must be"],
    ["a negative regularisation", ["--lr", "0.1", "--l2", "-1", "--seed", "1"], "--l2 must be"],
    ["half a seed", ["--lr", "0.1", "--l2", "0", "--seed", "0.5"], "--seed must be"],
    ["an unknown argument", [...good, "--epochs", "3"], "unknown argument --epochs"],
  ])("train refuses %s", async (_name, args, message) => {
    const inputs = [{ name: "digits", path: digits, size: readFileSync(digits).length }];
    const outcome = await run(example("digits-sweep/train.wasm"), { args, inputs });
    expect(outcome).toMatchObject({ kind: "failed", reason: "exit", exitCode: 2 });
    expect(outcome).toHaveProperty("log", expect.stringContaining(message));
  });

  test("train and reduce refuse data that isn't there or isn't what they expect", async () => {
    const readme = join(EXAMPLES, "README.md");
    const inputs = [{ name: "digits", path: readme, size: readFileSync(readme).length }];
    const malformed = await run(example("digits-sweep/train.wasm"), { args: good, inputs });
    expect(malformed).toMatchObject({ exitCode: 2, log: expect.stringContaining("row 1, column 1 is malformed") });
    const missing = await run(example("digits-sweep/train.wasm"), { args: good });
    expect(missing).toMatchObject({ exitCode: 2, log: expect.stringContaining("no input named digits") });
    expect(await run(example("digits-sweep/reduce.wasm"))).toMatchObject({ exitCode: 2 });
  });
});

describe("misbehave", () => {
  const done = [{ name: "done", path: "done" }];
  const limits = { timeoutMs: 1_000, memoryBytes: 16 << 20, outputBytes: 1 << 20, outputFiles: 16, logBytes: 1_000 };

  test.each([
    ["endless-loop", { kind: "timedOut" }],
    ["endless-recursion", { kind: "failed", reason: "stackOverflow" }],
    ["huge-output", { kind: "failed", reason: "outputTooLarge" }],
    ["exit-three", { kind: "failed", reason: "exit", exitCode: 3, log: "this program always fails\n" }],
    ["garbage", { kind: "failed", reason: "badModule" }],
    ["log-flood", { kind: "completed", log: expect.stringContaining("more bytes of log were dropped") }],
  ])("%s", async (name, expected) => {
    const program = example(`misbehave/${name}.wasm`);
    const outcome = await run(program, { outputs: done, ...(name === "endless-loop" ? { limits } : {}) });
    expect(outcome).toMatchObject(expected);
  });

  test("memory-hog gets what the limit leaves it", async () => {
    const outputs = [{ name: "mebibytes", path: "mebibytes" }];
    const outcome = await run(example("misbehave/memory-hog.wasm"), { outputs });
    if (outcome.kind !== "completed") throw new Error(outcome.kind);
    expect(Buffer.from(outcome.outputs[0]?.bytes ?? []).toString()).toBe("15");
  });
});

test("damaged programs end somehow, and never break the sandbox", async () => {
  const originals = ["noop/noop.wasm", "misbehave/exit-three.wasm", "misbehave/endless-recursion.wasm"].map(example);
  const edit = fc.tuple(fc.nat(), fc.nat(255));
  const damaged = fc.tuple(fc.constantFrom(...originals), fc.array(edit, { minLength: 1, maxLength: 3 }));
  const limits = { timeoutMs: 300, memoryBytes: 4 << 20, outputBytes: 1 << 16, outputFiles: 4, logBytes: 1_000 };
  await fc.assert(
    fc.asyncProperty(damaged, async ([original, edits]) => {
      const bytes = Uint8Array.from(original);
      for (const [at, byte] of edits) bytes[8 + (at % (bytes.length - 8))] = byte;
      const outcome = await run(bytes, { limits });
      expect(outcome.kind, outcome.kind === "infrastructure" ? outcome.message : "").not.toBe("infrastructure");
    }),
    { numRuns: 80, interruptAfterTimeLimit: 20_000 },
  );
});
