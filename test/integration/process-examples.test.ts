// The examples that run as processes: two replicas give the same bytes, and what they give is what a second computation says.
// All in one file: what is installed for one of them may change the libraries of the others.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  createReadStream,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compareBytes } from "@starling/protocol";
import { createProcessExecutor, createWasmExecutor, type Executor } from "@starling/worker-node/executors";
import { expect, onTestFinished, test } from "vitest";
import { referenceEvaluation } from "../../examples/crossval-sklearn/reference.ts";
import { type LocalResult, type LocalRun, runLocally } from "../../examples/local-run.ts";
import { compareProbabilities } from "../../examples/onnx-batch/bounds.ts";
import { fetchRuntime } from "../../examples/onnx-batch/fetch-runtime.ts";
import { MODEL_FILE, trainWeights } from "../../examples/onnx-batch/model.ts";
import { encodeModel, type Weights } from "../../examples/onnx-batch/onnx.ts";
import { cheapened, referenceProbabilities } from "../../examples/onnx-batch/reference.ts";
import { countRight, readRows, train } from "../../examples/shards-torch/reference.ts";
import { missingForProcesses } from "../harness/process-host.ts";

/** Larger packages are installed, and longer examples run, in a long run only. */
const isFull = process.env.STARLING_TEST_FULL === "1";
const timeout = isFull ? 600_000 : undefined;
const EXAMPLES = join(import.meta.dirname, "../../examples");
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
  const job = join(EXAMPLES, example, "job.yaml");
  const [first, second] = await Promise.all([replica(), replica()].map((one) => runLocally(job, one, { signal })));
  if (first === undefined || second === undefined) throw new Error("there are not two runs");
  const digests = (run: LocalRun): readonly unknown[] => [...run.tasks, run.reduced].map((one) => one?.digest);
  expect(digests(second)).toEqual(digests(first));
  return first;
}

function bytesOf(result: LocalResult | null | undefined, name: string): Uint8Array {
  return result?.outputs.find((output) => output.name === name)?.bytes ?? new Uint8Array();
}

function jsonOf(result: LocalResult | null | undefined, name: string): Record<string, number> {
  return JSON.parse(new TextDecoder().decode(bytesOf(result, name)));
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
const missingTorch = await missingInLongRun("python3-torch");
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

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "shards-torch-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

testExample("shards-torch: each shard and the average are what the gradients give", missingTorch, async () => {
  const { tasks, reduced } = await runTwice("shards-torch");
  const rows = readRows();
  const near = { kind: "numeric", format: "f32", abs: 0, rel: 0, l2: 1e-4 } as const;
  const models = tasks.map((_, shard) => Float32Array.from(train(rows, { shard, of: 4, steps: 200 })));
  expect(models).toHaveLength(4);
  for (const [shard, { buffer }] of models.entries()) {
    const compared = compareBytes(near, new Uint8Array(buffer), bytesOf(tasks[shard], "model"));
    expect(compared, JSON.stringify(compared)).toMatchObject({ equal: true });
    expect(jsonOf(tasks[shard], "metrics").step).toBe(200);
  }
  const average = new Float32Array(bytesOf(reduced, "average").slice().buffer);
  expect(jsonOf(reduced, "summary")).toEqual({ shards: 4, rows: 1_797, right: countRight(average, rows) });
  expect(countRight(average, rows)).toBeGreaterThan(1_700);
});

testExample("shards-torch: one who goes on from a checkpoint ends with the same bytes", missingTorch, async () => {
  const folder = temporaryFolder();
  const run = async (steps: number, checkpoint: string | null): Promise<LocalResult | undefined> => {
    const input = checkpoint === null ? "" : `, checkpoint: ${checkpoint}`;
    const lines = [
      "version: 1",
      `run: { process: { program: ${EXAMPLES}/shards-torch/train.py }, args: [--shard, "2", --of, "4", --steps, "${steps}"] }`,
      `inputs: { digits: ${EXAMPLES}/digits-sweep/digits.csv${input} }`,
      `outputs: { model: model.f32, checkpoint: ckpt/${steps}/state.pt }`,
      "needs: { mem: 2Gi }",
      "timeout: 300s",
    ];
    const path = join(folder, "job.yaml");
    writeFileSync(path, `${lines.join("\n")}\n`);
    return (await runLocally(path, replica(), { signal })).tasks[0];
  };
  const half = await run(100, null);
  writeFileSync(join(folder, "state.pt"), bytesOf(half, "checkpoint"));
  const resumed = await run(150, join(folder, "state.pt"));
  const whole = await run(150, null);
  expect(resumed?.digest).toBe(whole?.digest);
  expect(whole?.digest).not.toBe(half?.digest);
});

testExample("shards-torch: SIGTERM leaves a checkpoint, and nothing that was done is lost", missingTorch, async () => {
  const train = (task: string, steps: number, env: Record<string, string> = {}) => {
    const words = [join(EXAMPLES, "shards-torch/train.py"), "--shard", "0", "--of", "4", "--steps", String(steps)];
    return spawn("/usr/bin/python3", words, { env: { TASK: task, OMP_NUM_THREADS: "1", ...env }, stdio: "ignore" });
  };
  const newTask = (): string => {
    const task = temporaryFolder();
    for (const name of ["in", "out", "ckpt"]) mkdirSync(join(task, name));
    cpSync(join(EXAMPLES, "digits-sweep/digits.csv"), join(task, "in/digits"));
    return task;
  };
  const stopped = newTask();
  execFileSync("mkfifo", [join(stopped, "progress")]);
  const child = train(stopped, 1_000_000);
  const ended = once(child, "exit");
  createReadStream(join(stopped, "progress"))
    .once("data", () => child.kill("SIGTERM"))
    .resume();
  expect(await ended).toEqual([1, null]);
  const last = Math.max(...readdirSync(join(stopped, "ckpt")).map(Number));
  expect(JSON.parse(readFileSync(join(stopped, "ckpt", String(last), "manifest.json"), "utf8")).step).toBe(last);

  rmSync(join(stopped, "progress"));
  const whole = newTask();
  const ends = [train(stopped, last + 20, { RESUME_STEP: String(last) }), train(whole, last + 20)];
  expect(await Promise.all(ends.map((one) => once(one, "exit")))).toEqual([
    [0, null],
    [0, null],
  ]);
  const modelOf = (task: string): Buffer => readFileSync(join(task, "out/model.f32"));
  expect(modelOf(stopped).equals(modelOf(whole))).toBe(true);
  expect(readFileSync(join(stopped, "progress"), "utf8").split("\n")).toHaveLength(2);
});
