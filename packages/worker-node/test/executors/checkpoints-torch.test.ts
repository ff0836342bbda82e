// The PyTorch example in the sandbox, in the long run: it is told to end, and who goes on from its checkpoint ends with the same bytes.
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { missingPackages } from "../../../../test/harness/debian.ts";
import type { CheckpointFiles, RunOutcome, TaskRun } from "../../src/shell/executors/executor.ts";
import { describeProcesses, processExecutor } from "./process-support.ts";
import { inputFile, LIMITS, task, unhurried } from "./support.ts";

const EXAMPLES = join(import.meta.dirname, "../../../../examples");
const isFull = process.env.STARLING_TEST_FULL === "1";
/** Hundreds of megabytes: only the long run installs them. */
const missing = isFull ? missingPackages(["python3-torch"]).join(" ") : "a part of the long run";

const limits = {
  ...LIMITS,
  timeoutMs: 300_000,
  memoryBytes: 2 * 1024 ** 3,
  outputBytes: 1024 ** 2,
  checkpoint: { bytes: 16 * 1024 ** 2, everyMs: 24 * 3_600_000, graceMs: 60_000 },
};
const outputs = [
  { name: "model", path: "model.f32" },
  { name: "metrics", path: "metrics.json" },
];

if (missing === "")
  describeProcesses("training with checkpoints", () => {
    test("that is stopped and resumed ends with the bytes of one that nobody disturbs", async () => {
      const executor = processExecutor();
      onTestFinished(() => executor.close());
      const digits = inputFile("digits", readFileSync(join(EXAMPLES, "digits-sweep/digits.csv"), "utf8"));
      onTestFinished(() => rmSync(digits.folder, { recursive: true, force: true }));
      const program = readFileSync(join(EXAMPLES, "shards-torch/train.py"));
      const found: CheckpointFiles[] = [];
      const train = (steps: number, more: Partial<TaskRun> = {}, stop?: AbortController): Promise<RunOutcome> => {
        const args = ["--shard", "1", "--of", "4", "--steps", String(steps)];
        return executor.run(task(program, { args, inputs: [digits], outputs, limits, ...more }), {
          ...unhurried(),
          ...(stop === undefined ? {} : { stop: stop.signal }),
          onProgress: () => stop?.abort(),
          onCheckpoints: async (some) => void found.push(...some),
        });
      };
      expect(await train(1_000_000, {}, new AbortController())).toMatchObject({ kind: "killed" });
      const last = found.at(-1);
      if (last === undefined) throw new Error("it left no checkpoint");
      expect(last.step).toBeGreaterThan(49);
      const steps = last.step + 30;
      const resumed = await train(steps, { resume: last, env: { RESUME_STEP: String(last.step) } });
      expect(bytesOf(resumed)).toEqual(bytesOf(await train(steps)));
    }, 300_000);
  });
else test(`training with checkpoints: NOT TESTED here for want of ${missing}`, () => expect(missing).toMatch(/\w/));

function bytesOf(outcome: RunOutcome): readonly string[] {
  if (outcome.kind !== "completed") throw new Error(`${outcome.kind}: ${outcome.message}`);
  return outcome.outputs.map(({ bytes }) => Buffer.from(bytes).toString("hex"));
}
