// The demo from beginning to end: start, submit, follow, settle, close, stop the coordinator, verify, stop everything.
import { rmSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { performance } from "node:perf_hooks";
import { parseReceipt, type Receipt } from "@starling/protocol";
import type { Job } from "@starling/protocol/rpc";
import {
  downloadResults,
  fetchReceipt,
  followJob,
  loadPayer,
  prepareJob,
  type StarlingClient,
  sizesFrom,
  submitJob,
} from "@starling/sdk";
import { Devnet } from "../devnet/devnet.ts";
import { accusationsOf, payOf, problemsOf, tasksOf, workOf } from "./findings.ts";
import type { Progress } from "./progress.ts";
import type { Best, DemoReport } from "./report.ts";
import { closeEscrow, DemoChain } from "./settlement.ts";
import { verifyOffline } from "./verify.ts";

/** How to run it. */
export interface DemoOptions {
  readonly workers: number;
  readonly liars: number;
  /** Results and receipt. */
  readonly to: string;
  readonly home: string;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

const jobFile = resolve(import.meta.dirname, "../../examples/digits-sweep/job.yaml");

/** Runs it. Everything that it started is stopped when this settles. */
export async function runDemo(options: DemoOptions): Promise<DemoReport> {
  const { home, workers, liars, progress, signal } = options;
  const phases = new Phases();
  const onStep = (step: string): void => progress.step(step);
  const devnet = await Devnet.start(
    { home, workers, parts: [{ behaviour: "liar", count: liars }], referee: true, separateBootstrap: false, onStep },
    { signal },
  );
  try {
    phases.end("devnet started");
    progress.step(`${workers} workers of ${workers} operators and the payer's referee are ready`);
    return await withDevnet(devnet, options, phases);
  } finally {
    progress.step("stopping everything");
    await devnet.stop();
  }
}

async function withDevnet(devnet: Devnet, options: DemoOptions, phases: Phases): Promise<DemoReport> {
  const { progress, signal, to } = options;
  // Only what an earlier demo left there: the folder may hold other things.
  for (const name of ["map", "reduce", "receipt.json"]) rmSync(join(to, name), { recursive: true, force: true });
  const died = new AbortController();
  devnet.onUnwantedEnd(({ spec }, { reason }) => died.abort(new Error(`${spec.name} ended: ${reason}`)));
  const waiting = { signal: AbortSignal.any([signal, died.signal]) };
  const chain = new DemoChain(devnet);
  const client = devnet.client();
  try {
    const before = await chain.balances(waiting);
    const job = await runJob({ devnet, client }, { ...options, ...waiting }, phases);
    const receiptPath = join(to, "receipt.json");
    await downloadResults(client, { jobId: job.jobId, folder: to }, waiting);
    await writeFile(receiptPath, await fetchReceipt(client, job.jobId, waiting));
    const receipt = await readReceipt(receiptPath);
    const tasks = await tasksOf(client, job.jobId, waiting);
    const nameOf = (worker: string): string =>
      devnet.ground.members.find((one) => one.worker.address === worker)?.name ?? worker;
    progress.step("closing the escrow: what nobody earned goes back to the payer");
    const books = await closeEscrow(client, job.escrowId, waiting);
    const settlement = await chain.settlement(books, before, waiting);
    const roots = await chain.rootsOf(receipt, waiting);
    phases.end("escrow closed and refunded");
    progress.step("stopping the coordinator; verifying the receipt without it");
    await devnet.daemon("coordinator").stop();
    const verification = await verifyOffline(
      { receiptPath, results: to, network: devnet.places.networkFile, roots, home: options.home },
      waiting,
    );
    phases.end("receipt verified offline");
    const pay = await payOf(tasks, (worker) => chain.tokens(worker, waiting), nameOf);
    const accusations = accusationsOf(receipt, nameOf);
    const found = {
      state: job.state,
      best: await bestIn(to),
      work: workOf(tasks, receipt),
      accusations,
      pay,
      settlement,
      verification,
    };
    return {
      jobId: job.jobId,
      ...found,
      phases: phases.all,
      results: to,
      receipt: receiptPath,
      problems: problemsOf(found, { tasks, liars: options.liars }),
    };
  } finally {
    client.close();
    chain.close();
  }
}

async function runJob(
  { devnet, client }: { readonly devnet: Devnet; readonly client: StarlingClient },
  { progress, signal }: DemoOptions,
  phases: Phases,
): Promise<Job> {
  const prepared = await prepareJob(jobFile, sizesFrom(client));
  const payer = await loadPayer(devnet.places.payerKeyFile);
  const { jobId } = await submitJob(client, { prepared, payer }, { signal, onStep: (step) => progress.step(step) });
  phases.end("job submitted");
  progress.step(`job ${jobId.slice(0, 14)} accepted; its budget is in escrow on chain`);
  let ended = false;
  for await (const { event } of followJob(client, jobId, { signal })) {
    if (event?.$case === "mismatch")
      progress.step(`replicas of ${shortTask(event.value.taskId)} disagree: the ${event.value.resolver} rules`);
    const job =
      event?.$case === "job" || event?.$case === "end"
        ? event.$case === "job"
          ? event.value
          : event.value.job
        : undefined;
    if (job?.tasks === undefined) continue;
    // A result that is being audited is queued once more, and stands all the while.
    const audited = Math.min(job.audits?.open ?? 0, job.tasks.queued + job.tasks.collecting);
    progress.bar(job.tasks.accepted + job.tasks.final + audited, job.tasks.total, "results accepted");
    if (!ended && job.state !== "accepted" && job.state !== "running") {
      ended = true;
      phases.end(`job ${job.state}`);
      progress.step(`job ${job.state}; anchoring its results on chain and paying the workers`);
    }
    if (event?.$case !== "end") continue;
    phases.end("results anchored, workers paid");
    return job;
  }
  throw new Error("the watch of the job ended before the job");
}

function shortTask(taskId: string): string {
  return taskId.split("/").slice(1).join("/");
}

async function readReceipt(path: string): Promise<Receipt> {
  const parsed = parseReceipt(await readFile(path, "utf8"));
  if (!parsed.ok) throw new Error(`the receipt cannot be read: ${parsed.problem}`);
  return parsed.receipt;
}

async function bestIn(folder: string): Promise<Best> {
  return JSON.parse(await readFile(join(folder, "reduce", "0", "best"), "utf8")) as Best;
}

/** Lengths of phases, each from the end of the one before. */
class Phases {
  readonly all: { name: string; ms: number }[] = [];
  #at = performance.now();

  end(name: string): void {
    const now = performance.now();
    this.all.push({ name, ms: now - this.#at });
    this.#at = now;
  }
}
