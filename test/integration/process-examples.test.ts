// The examples that run as processes: two replicas give the same bytes, and what they give is what a second computation says.
// All in one file: what is installed for one of them may change the libraries of the others.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createProcessExecutor, createWasmExecutor, type Executor } from "@starling/worker-node/executors";
import { expect, onTestFinished, test } from "vitest";
import { referenceEvaluation } from "../../examples/crossval-sklearn/reference.ts";
import { type LocalResult, type LocalRun, runLocally } from "../../examples/local-run.ts";
import { compareProbabilities } from "../../examples/onnx-batch/bounds.ts";
import { fetchRuntime } from "../../examples/onnx-batch/fetch-runtime.ts";
import { MODEL_FILE, trainWeights } from "../../examples/onnx-batch/model.ts";
import { encodeModel, type Weights } from "../../examples/onnx-batch/onnx.ts";
import { cheapened, referenceProbabilities } from "../../examples/onnx-batch/reference.ts";
import { missingForProcesses } from "../harness/process-host.ts";

/** Larger packages are installed, and longer examples run, in a long run only. */
const isFull = process.env.STARLING_TEST_FULL === "1";
const timeout = isFull ? 600_000 : undefined;
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

// What both replicas gave; fails when they differ in a byte.
async function runTwice(example: string): Promise<LocalRun> {
  const job = join(import.meta.dirname, "../../examples", example, "job.yaml");
  const [first, second] = await Promise.all([replica(), replica()].map((one) => runLocally(job, one, { signal })));
  if (first === undefined || second === undefined) throw new Error("there are not two runs");
  const digests = (run: LocalRun): readonly unknown[] => [...run.tasks, run.reduced].map((one) => one?.digest);
  expect(digests(second)).toEqual(digests(first));
  return first;
}

function jsonOf(result: LocalResult | null | undefined, name: string): Record<string, number> {
  return JSON.parse(new TextDecoder().decode(result?.outputs.find((output) => output.name === name)?.bytes));
}

/** Defines an example's test, or one that bears in its name why it isn't run here. */
function testExample(title: string, missing: string | null, run: () => Promise<void>): void {
  if (missing === null) test(title, run, timeout);
  else test(`${title}: NOT TESTED here, since ${missing}`, () => expect(missing).toMatch(/\w/));
}

async function missingInLongRun(...packages: readonly string[]): Promise<string | null> {
  return isFull ? await missingForProcesses(...packages) : "it belongs to npm run test:full";
}

const missingNumpy = await missingForProcesses("python3-numpy");
const missingSklearn = await missingInLongRun("python3-sklearn");
const missingOnnx = (await missingInLongRun("nodejs")) ?? fetchRuntime();

testExample("ridge-numpy: a strong penalty costs accuracy", missingNumpy, async () => {
  const { tasks } = await runTwice("ridge-numpy");
  expect(new Set(tasks.map(({ digest }) => digest)).size).toBe(4);
  const scores = tasks.map((task) => jsonOf(task, "score"));
  expect(scores.map(({ penalty }) => penalty)).toEqual([0.01, 1, 100, 10_000]);
  const [weak, , , strong] = scores;
  expect(weak?.accuracy).toBeGreaterThan(0.9);
  expect(strong?.accuracy).toBeLessThan(weak?.accuracy ?? 0);
});

const evaluate = referenceEvaluation();

test("crossval-sklearn: the second computation finds what its README says", () => {
  expect(evaluate({ components: 40, smoothing: 0.01 })).toEqual([332, 322, 325, 346, 320]);
});

testExample("crossval-sklearn: every fold is right as often as by hand", missingSklearn, async () => {
  const { tasks, reduced } = await runTwice("crossval-sklearn");
  const scores = tasks.map((task) => jsonOf(task, "score"));
  expect(scores).toHaveLength(12);
  for (const { components = 0, smoothing = 0, right } of scores)
    expect(right, `${components} ${smoothing}`).toEqual(evaluate({ components, smoothing }));
  expect(jsonOf(reduced, "best")).toMatchObject({ task: 10, tasks: 12, components: 40, smoothing: 0.01 });
});

async function onnxWeights(): Promise<Weights> {
  const executor = createWasmExecutor({ slots: 1 });
  onTestFinished(() => executor.close());
  return await trainWeights(executor);
}

test("onnx-batch: the model is what digits-sweep trains; its bounds let rounding pass, and no cheaper weights", async () => {
  const weights = await onnxWeights();
  expect(readFileSync(MODEL_FILE).equals(encodeModel(weights))).toBe(true);
  const exact = referenceProbabilities(weights);
  const rounded = compareProbabilities(exact, referenceProbabilities(weights, Math.fround));
  expect(rounded.equal).toBe(true);
  expect(rounded.distances?.l2).toBeGreaterThan(0);
  const cheap = compareProbabilities(exact, referenceProbabilities(cheapened(weights)));
  expect(cheap.equal).toBe(false);
});

testExample("onnx-batch: the engine gives what the model written out gives", missingOnnx, async () => {
  const { tasks, reduced } = await runTwice("onnx-batch");
  const batches = tasks.map(({ outputs }) => outputs[0]?.bytes ?? new Uint8Array());
  const reference = referenceProbabilities(await onnxWeights());
  const compared = compareProbabilities(reference, Buffer.concat(batches));
  expect(compared).toMatchObject({ equal: true });
  expect(jsonOf(reduced, "summary")).toEqual({ batches: 6, rows: 1_797, right: 1_779 });
});
