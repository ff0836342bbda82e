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
/** What the no-op program writes, and what a program that writes down its arguments does: anything else is wrong. */
const rightResults: Readonly<Record<string, (index: number) => string>> = {
  done: () => contentIdOfBytes(new TextEncoder().encode("1")),
  args: (index) => contentIdOfBytes(new TextEncoder().encode(`program\0${index}\0`)),
};

/** A running network with its client. */
export interface BenchNetwork {
  readonly devnet: Devnet;
  readonly client: StarlingClient;
  readonly payer: Payer;
  /** A job of so many no-op tasks, hashed and ready to be signed. All of them write the same byte. */
  readonly noopJob: (tasks: number, dollars?: number) => Promise<PreparedJob>;
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
  /** Tasks whose replicas disagreed. */
  readonly mismatches: number;
}

/** Starts it, runs the benchmark, and stops it whatever happens. */
export async function withNetwork<T>(
  { folder, signal, say }: BenchContext,
  options: Partial<DevnetOptions> & { readonly workers: number },
  measure: (network: BenchNetwork) => Promise<T>,
): Promise<T> {
  const home = join(folder, "home");
  const fixed = { home, referee: true, separateBootstrap: false, ...options };
  const devnet = await Devnet.start(fixed, { signal });
  say(`devnet of ${options.workers} workers is up after ${Math.round(devnet.startMs)} ms`);
  const client = devnet.client();
  try {
    const payer = await loadPayer(devnet.places.payerKeyFile);
    const prepare = (job: JobText): Promise<PreparedJob> => prepareJob(writeJob(folder, job), sizesFrom(client));
    const noopJob = (tasks: number, dollars = dollarsFor(tasks)): Promise<PreparedJob> =>
      prepare({ name: "noop", program: noop, tasks, dollars, output: "done", args: "[]" });
    const echoJob = (tasks: number): Promise<PreparedJob> =>
      prepare({ ...echo, program: writeEcho(folder), tasks, dollars: dollarsFor(tasks) });
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

/** Covers all replicas at the price cap twice, so that money is never what a task waits for. */
function dollarsFor(tasks: number): number {
  return Math.max(1, Math.ceil(tasks * 0.04));
}

const echo = { name: "echo", output: "args", args: '["${index}"]' } as const;

interface JobText {
  readonly name: string;
  readonly program: string;
  readonly tasks: number;
  /** What is put into escrow for it. */
  readonly dollars: number;
  readonly output: string;
  readonly args: string;
}

function writeJob(folder: string, { name, program, tasks, dollars, output, args }: JobText): string {
  const path = join(folder, `${name}-${tasks}.yaml`);
  const lines = [
    "version: 1",
    `name: ${name}-${tasks}`,
    `run: { wasm: ${program}, args: ${args} }`,
    `each: { range: [0, ${tasks - 1}] }`,
    `outputs: { ${output}: ${output} }`,
    "trust: quorum",
    `budget: { max: "${dollars} USD", perTask: "0.01 USD" }`,
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
  let mismatches = 0;
  for await (const { event } of followJob(client, jobId, { signal })) {
    if (event?.$case === "mismatch") mismatches += 1;
    if (event?.$case !== "job" || !isEnded(event.value)) continue;
    if (event.value.state !== "completed") throw new Error(`the job is ${event.value.state}`);
    return { jobId, submittedMs, verifiedMs: performance.now() - startedAt, mismatches };
  }
  throw new Error("the watch ended before the job");
}

async function check(client: StarlingClient, jobId: string, signal: AbortSignal) {
  let accepted = 0;
  let wrong = 0;
  for await (const { index, outputs } of listResults(client, jobId, { signal })) {
    accepted += 1;
    const [output, ...more] = outputs;
    const isRight = output !== undefined && output.cid === rightResults[output.name]?.(index);
    if (!isRight || more.length > 0) wrong += 1;
  }
  return { accepted, wrong };
}
