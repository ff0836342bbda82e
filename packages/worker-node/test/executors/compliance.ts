// What every executor must do, as a suite over a factory: the port's promises, and nothing about one backend.
import { rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Executor, FailureReason, RunProgress, TaskRun } from "../../src/shell/executors/executor.ts";
import { inputFile, LIMITS, task, texts, unhurried } from "./support.ts";

/** Programs in the backend's own form; each does what its name says, under the paths of design page 4. */
export interface CompliancePrograms {
  /** Copies `/in/<name>` to `/out/copy` and to its log. */
  readonly copy: (name: string) => Uint8Array;
  /** Writes arguments and environment to `/out/args` and `/out/env`. */
  readonly describe: Uint8Array;
  /** Writes this text to `/progress`, then `1` to `/out/done`. */
  readonly progress: (text: string) => Uint8Array;
  /** Says `hello` in its log, then never ends. */
  readonly hangs: Uint8Array;
  /** Says `hello` in its log, then exits with code 7. */
  readonly exits: Uint8Array;
  /** Says `hello` in its log, then does something that the sandbox can't let go on. */
  readonly traps: Uint8Array;
  /** Says `hello` in its log and ends well. */
  readonly says: Uint8Array;
  /** Calls itself without end. */
  readonly recurses: Uint8Array;
  /** How that ends; only an engine that counts calls can tell it from other mistakes. */
  readonly recursionEnds: FailureReason;
  /** What this backend itself puts into every program's environment. */
  readonly environment: readonly string[];
  /** Writes that many files under `/out`. */
  readonly manyFiles: (count: number) => Uint8Array;
  /** Bytes that are no program. */
  readonly garbage: Uint8Array;
}

/** Runs the suite. */
export function executorCompliance(make: () => Executor, programs: CompliancePrograms): void {
  let executor: Executor;
  beforeAll(() => {
    executor = make();
  });
  afterAll(() => executor.close());
  const run = (work: TaskRun) => executor.run(work, unhurried());

  describe("data", () => {
    test("an input arrives and an output is collected, byte for byte", async () => {
      const input = inputFile("texts/greeting", "grüße\n");
      const outputs = [{ name: "result", path: "copy" }];
      const outcome = await run(task(programs.copy("texts/greeting"), { inputs: [input], outputs }));
      rmSync(input.folder, { recursive: true });
      expect(texts(outcome)).toEqual({ result: "grüße\n" });
      expect(outcome).toMatchObject({ exitCode: 0, log: "grüße\n" });
    });

    test("arguments and environment arrive, and nothing of the daemon's environment", async () => {
      const outputs = [
        { name: "args", path: "args" },
        { name: "env", path: "env" },
      ];
      const env = { SEED: "7", TASK_INDEX: "3" };
      const outcome = await run(task(programs.describe, { args: ["--lr", "0.1", ""], env, outputs }));
      const { args, env: seen } = texts(outcome);
      expect(args?.split("\0").slice(1, -1)).toEqual(["--lr", "0.1", ""]);
      expect(seen?.split("\0").slice(0, -1).sort()).toEqual([...programs.environment, "SEED=7", "TASK_INDEX=3"].sort());
    });

    test("two runs know nothing of each other", async () => {
      const outputs = [{ name: "done", path: "done" }];
      expect(texts(await run(task(programs.progress("{}\n"), { outputs })))).toEqual({ done: "1" });
      expect(await run(task(programs.says, { outputs }))).toMatchObject({ kind: "failed", reason: "missingOutput" });
    });

    test("an input that isn't there or has another size is the machine's fault, not the task's", async () => {
      const input = inputFile("text", "four");
      const outcome = await run(task(programs.copy("text"), { inputs: [{ ...input, size: 5 }] }));
      rmSync(input.folder, { recursive: true });
      expect(outcome).toMatchObject({ kind: "infrastructure" });
      expect(await run(task(programs.copy("text"), { inputs: [input] }))).toMatchObject({ kind: "infrastructure" });
    });

    test("usage is measured", async () => {
      const input = inputFile("text", "x".repeat(1_000));
      const program = programs.copy("text");
      const outcome = await run(task(program, { inputs: [input], outputs: [{ name: "copy", path: "copy" }] }));
      rmSync(input.folder, { recursive: true });
      if (outcome.kind !== "completed") throw new Error(outcome.kind);
      expect(outcome.usage).toMatchObject({ bytesIn: program.length + 1_000, bytesOut: 1_000 });
      expect(outcome.usage.wallMs).toBeGreaterThan(0);
      expect(outcome.usage.peakMemoryBytes).toBeGreaterThan(1_000);
    });
  });

  describe("progress and log", () => {
    test("progress lines are passed on, malformed ones are not", async () => {
      const seen: RunProgress[] = [];
      const text =
        '{"done":1,"total":4}\nnonsense\n{"done":-1,"total":4}\n{"done":4,"total":4,"metric":0.5}\n{"done":9';
      const options = { ...unhurried(), onProgress: (progress: RunProgress) => seen.push(progress) };
      await executor.run(task(programs.progress(text)), options);
      expect(seen.at(-1)).toEqual({ done: 4, total: 4, metric: 0.5 });
      expect(seen.every(({ total }) => total === 4)).toBe(true);
    });

    test("the log is cut at its limit and says so", async () => {
      const input = inputFile("text", "0123456789".repeat(500));
      const limits = { ...LIMITS, logBytes: 100 };
      const outcome = await run(task(programs.copy("text"), { inputs: [input], limits }));
      rmSync(input.folder, { recursive: true });
      if (outcome.kind !== "completed") throw new Error(outcome.kind);
      expect(outcome.log.startsWith("0123456789".repeat(10))).toBe(true);
      expect(outcome.log).toContain("4900 more bytes");
      expect(outcome.log.length).toBeLessThan(200);
    });
  });

  describe("endings", () => {
    test("an exit code other than 0 is a failure with its log", async () => {
      const outcome = await run(task(programs.exits));
      expect(outcome).toMatchObject({ kind: "failed", reason: "exit", exitCode: 7, log: "hello\n" });
    });

    test("a trap is a failure with its log", async () => {
      expect(await run(task(programs.traps))).toMatchObject({ kind: "failed", reason: "trap", log: "hello\n" });
    });

    test("a missing output is named", async () => {
      const outcome = await run(task(programs.says, { outputs: [{ name: "model", path: "deep/model.bin" }] }));
      expect(outcome).toMatchObject({ kind: "failed", reason: "missingOutput" });
      expect(outcome).toHaveProperty("message", expect.stringContaining("deep/model.bin"));
    });

    test("endless recursion is a failure", async () => {
      expect(await run(task(programs.recurses))).toMatchObject({
        kind: "failed",
        reason: programs.recursionEnds,
      });
    });

    test("a program that never ends is stopped, and its log is kept", async () => {
      const limits = { ...LIMITS, timeoutMs: 1_500 };
      expect(await run(task(programs.hangs, { limits }))).toMatchObject({ kind: "timedOut", log: "hello\n" });
    });

    test("an abort kills", async () => {
      const controller = new AbortController();
      const running = executor.run(task(programs.hangs), {
        signal: controller.signal,
      });
      controller.abort();
      expect(await running).toMatchObject({ kind: "killed" });
      const aborted = executor.run(task(programs.says), { signal: AbortSignal.abort() });
      expect(await aborted).toMatchObject({ kind: "killed" });
    });

    test("output beyond the limit is a failure, by bytes and by files", async () => {
      const input = inputFile("text", "x".repeat(20_000));
      const limits = { ...LIMITS, outputBytes: 10_000 };
      const bytes = await run(task(programs.copy("text"), { inputs: [input], limits }));
      rmSync(input.folder, { recursive: true });
      expect(bytes).toMatchObject({ kind: "failed", reason: "outputTooLarge" });
      expect(await run(task(programs.manyFiles(8)))).toMatchObject({ kind: "completed" });
      expect(await run(task(programs.manyFiles(9)))).toMatchObject({ kind: "failed", reason: "outputTooLarge" });
    });

    test("bytes that are no program are refused with a reason", async () => {
      const outcome = await run(task(programs.garbage));
      expect(outcome).toMatchObject({ kind: "failed", reason: "badModule" });
      expect(outcome).toHaveProperty("message", expect.stringMatching(/\w+ \w+/));
    });

    test("the executor still works after all of that", async () => {
      expect(await run(task(programs.says))).toMatchObject({ kind: "completed", log: "hello\n" });
      expect(await executor.probe(unhurried())).toMatchObject({ works: true });
    });
  });

  test("after closing, runs end at once and closing again does no harm", async () => {
    const other = make();
    const running = other.run(task(programs.hangs), unhurried());
    await other.close();
    expect((await running).kind).not.toBe("completed");
    expect((await other.run(task(programs.says), unhurried())).kind).toBe("infrastructure");
    await other.close();
  });
}
