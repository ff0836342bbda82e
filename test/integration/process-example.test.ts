// The example that runs as a process: Python with the distribution's NumPy gives two replicas the same bytes, and good classifiers.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createProcessExecutor, type Executor } from "@starling/worker-node/executors";
import { expect, onTestFinished, test } from "vitest";
import { type LocalResult, runLocally } from "../../examples/local-run.ts";
import { missingForProcesses } from "../harness/process-host.ts";

const job = join(import.meta.dirname, "../../examples/ridge-numpy/job.yaml");
const { signal } = new AbortController();

function replica(): Executor {
  const area = mkdtempSync(join(tmpdir(), "replica-"));
  const executor = createProcessExecutor({ slots: 1, area });
  onTestFinished(async () => {
    await executor.close();
    rmSync(area, { recursive: true, force: true });
  });
  return executor;
}

const scoreOf = ({ outputs }: LocalResult): { readonly penalty: number; readonly accuracy: number } =>
  JSON.parse(new TextDecoder().decode(outputs.find(({ name }) => name === "score")?.bytes));

const missing = await missingForProcesses("python3-numpy");

if (missing === null) {
  test("ridge-numpy: two replicas agree on every byte, and a strong penalty costs accuracy", async () => {
    const [first, second] = await Promise.all([replica(), replica()].map((one) => runLocally(job, one, { signal })));
    const digests = first?.tasks.map(({ digest }) => digest);
    expect(second?.tasks.map(({ digest }) => digest)).toEqual(digests);
    expect(new Set(digests).size).toBe(4);
    const scores = first?.tasks.map(scoreOf) ?? [];
    expect(scores.map(({ penalty }) => penalty)).toEqual([0.01, 1, 100, 10_000]);
    const [weak, , , strong] = scores;
    expect(weak?.accuracy).toBeGreaterThan(0.9);
    expect(strong?.accuracy).toBeLessThan(weak?.accuracy ?? 0);
  });
} else test(`ridge-numpy: NOT TESTED here, since ${missing}`, () => expect(missing).toMatch(/\w/));
