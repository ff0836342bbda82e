// A real devnet for benchmarks, with a payer whose money is in escrow already.
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { contentIdOfBytes } from "@starling/protocol";
import {
  followJob,
  isEnded,
  listResults,
  loadPayer,
  type Payer,
  type PreparedJob,
  prepareJob,
  type StarlingClient,
  sizesFrom,
  submitJob,
} from "@starling/sdk";
import { describeProgram } from "../../../packages/worker-node/test/executors/programs.ts";
import { Devnet, type DevnetOptions } from "../../../scripts/devnet/devnet.ts";
import type { BenchContext } from "../figure.ts";

const noop = resolve(import.meta.dirname, "../../../examples/noop/noop.wasm");
/** What the no-op program writes: any other result is wrong. */
const rightResult = contentIdOfBytes(new TextEncoder().encode("1"));

/** A running network with its client. */
export interface BenchNetwork {
  readonly devnet: Devnet;
  readonly client: StarlingClient;
  readonly payer: Payer;
  /** A job of so many no-op tasks, hashed and ready to be signed. All of them write the same byte. */
  readonly noopJob: (tasks: number) => Promise<PreparedJob>;
  /** A job of so many tasks that write their own index: each has an output of its own. */
  readonly echoJob: (tasks: number) => Promise<PreparedJob>;
  /** Submits and waits until all of its results are accepted. */
  readonly run: (prepared: PreparedJob) => Promise<RunTimes>;
  /** Accepted results of a job, and how many of them are wrong. */
  readonly check: (jobId: string) => Promise<{ readonly accepted: number; readonly wrong: number }>;
}

/** When what had happened, milliseconds since the call. */
export interface RunTimes {
  readonly jobId: string;
  readonly submittedMs: number;
  readonly verifiedMs: number;
}

/** Starts it, runs the benchmark, and stops it whatever happens. */
export async function withNetwork<T>(
  { folder, signal, say }: BenchContext,
  options: Partial<DevnetOptions> & { readonly workers: number },
  measure: (network: BenchNetwork) => Promise<T>,
): Promise<T> {
  const home = join(folder, "home");
  const fixed = { home, liars: 0, referee: true, separateBootstrap: false, ...options };
  const devnet = await Devnet.start(fixed, { signal });
  say(`devnet of ${options.workers} workers is up after ${Math.round(devnet.startMs)} ms`);
  const client = devnet.client();
  try {
    const payer = await loadPayer(devnet.places.payerKeyFile);
    const prepare = (job: JobText): Promise<PreparedJob> => prepareJob(writeJob(folder, job), sizesFrom(client));
    const noopJob = (tasks: number): Promise<PreparedJob> =>
      prepare({ name: "noop", program: noop, tasks, output: "done", args: "[]" });
    const echoJob = (tasks: number): Promise<PreparedJob> =>
      prepare({ name: "echo", program: writeEcho(folder), tasks, output: "args", args: '["${index}"]' });
    const run = (prepared: PreparedJob): Promise<RunTimes> => runJob(client, { prepared, payer }, signal);
    return await measure({
      devnet,
      client,
      payer,
      noopJob,
      echoJob,
      run,
      check: (jobId) => check(client, jobId, signal),
    });
  } finally {
    client.close();
    await devnet.stop();
  }
}

/** Dollars that cover all replicas at the price cap twice, so that money is never what a task waits for. */
function budgetOf(tasks: number): string {
  return `${Math.max(1, Math.ceil(tasks * 0.04))} USD`;
}

interface JobText {
  readonly name: string;
  readonly program: string;
  readonly tasks: number;
  readonly output: string;
  readonly args: string;
}

function writeJob(folder: string, { name, program, tasks, output, args }: JobText): string {
  const path = join(folder, `${name}-${tasks}.yaml`);
  const lines = [
    "version: 1",
    `name: ${name}-${tasks}`,
    `run: { wasm: ${program}, args: ${args} }`,
    `each: { range: [0, ${tasks - 1}] }`,
    `outputs: { ${output}: ${output} }`,
    "trust: quorum",
    `budget: { max: "${budgetOf(tasks)}", perTask: "0.01 USD" }`,
    "timeout: 10s",
    "deadline: 20m",
  ];
  writeFileSync(path, `${lines.join("\n")}\n`);
  return path;
}

function writeEcho(folder: string): string {
  const path = join(folder, "echo.wasm");
  writeFileSync(path, describeProgram());
  return path;
}

async function runJob(
  client: StarlingClient,
  job: { readonly prepared: PreparedJob; readonly payer: Payer },
  signal: AbortSignal,
): Promise<RunTimes> {
  const startedAt = performance.now();
  const { jobId } = await submitJob(client, job, { signal });
  const submittedMs = performance.now() - startedAt;
  for await (const { event } of followJob(client, jobId, { signal })) {
    if (event?.$case !== "job" || !isEnded(event.value)) continue;
    if (event.value.state !== "completed") throw new Error(`the job is ${event.value.state}`);
    return { jobId, submittedMs, verifiedMs: performance.now() - startedAt };
  }
  throw new Error("the watch ended before the job");
}

async function check(client: StarlingClient, jobId: string, signal: AbortSignal) {
  let accepted = 0;
  let wrong = 0;
  for await (const { outputs } of listResults(client, jobId, { signal })) {
    accepted += 1;
    if (outputs.length !== 1 || outputs[0]?.cid !== rightResult) wrong += 1;
  }
  return { accepted, wrong };
}
