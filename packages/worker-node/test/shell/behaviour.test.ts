// Lying is for tests: nothing else switches it on, and what it changes is only the outputs.
import { describe, expect, test } from "vitest";
import { checkBehaviour, lyingExecutor } from "../../src/shell/behaviour.ts";
import type { Executor, RunOutcome, TaskRun } from "../../src/shell/executors/executor.ts";

describe("a behaviour that is not honest", () => {
  const test1 = { STARLING_TEST_MODE: "1" };

  test("needs test mode and a local chain", () => {
    expect(() => checkBehaviour("liar", { chainId: 31337, environment: test1 })).not.toThrow();
    expect(() => checkBehaviour("liar", { chainId: 31337, environment: {} })).toThrow("STARLING_TEST_MODE=1");
    expect(() => checkBehaviour("liar", { chainId: 31337, environment: { STARLING_TEST_MODE: "yes" } })).toThrow();
    expect(() => checkBehaviour("liar", { chainId: 1, environment: test1 })).toThrow("local chain");
  });

  test("is nothing that an honest worker needs", () => {
    expect(() => checkBehaviour("honest", { chainId: 1, environment: {} })).not.toThrow();
  });
});

describe("a lying executor", () => {
  const usage = { wallMs: 1, cpuMs: 1, peakMemoryBytes: 1, bytesIn: 0, bytesOut: 0 };
  const signal = new AbortController().signal;
  const answering = (outcome: RunOutcome): Executor => ({
    class: "wasm",
    probe: async () => ({ works: false, reason: "not asked" }),
    run: async () => outcome,
    close: async () => undefined,
  });
  // The executor above does not look at it.
  const task = {} as TaskRun;

  test("changes every output, each time otherwise, and keeps sizes", async () => {
    const outputs = [
      { name: "a", bytes: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10) },
      { name: "b", bytes: new Uint8Array(0) },
    ];
    const liar = lyingExecutor(answering({ kind: "completed", exitCode: 0, outputs, log: "", usage }));
    const answers = await Promise.all([liar.run(task, { signal }), liar.run(task, { signal })]);
    const first = answers.map((answer) => (answer.kind === "completed" ? answer.outputs[0]?.bytes : undefined));
    for (const bytes of first) {
      expect(bytes).toHaveLength(10);
      expect(bytes).not.toEqual(outputs[0]?.bytes);
    }
    expect(first[0]).not.toEqual(first[1]);
    for (const answer of answers) if (answer.kind === "completed") expect(answer.outputs[1]?.bytes).toHaveLength(1);
  });

  test("passes failures on as they are", async () => {
    const failed: RunOutcome = { kind: "failed", reason: "trap", message: "", log: "", usage };
    expect(await lyingExecutor(answering(failed)).run(task, { signal })).toEqual(failed);
  });
});
