// A job among workers of which some misbehave: run to its last payment, and compared with what one process computes alone.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseReceipt, type Receipt } from "@starling/protocol";
import type { Job, Lease, Task } from "@starling/protocol/rpc";
import { downloadResults, fetchReceipt } from "@starling/sdk";
import { expect } from "vitest";
import { tasksOf } from "../../scripts/demo/findings.ts";
import { deadline } from "./deadline.ts";
import { localOutcome, resultsByName } from "./local-outcome.ts";
import type { TestDevnet } from "./test-devnet.ts";

/** A job that has ended and is paid, with all that a user can know of it. */
export interface TrustedJob {
  readonly job: Job;
  readonly tasks: readonly Task[];
  readonly receipt: Receipt;
  readonly receiptPath: string;
  readonly results: string;
}

/** Longest run of such a job: lost leases have to run out first. */
const jobMsMax = 150_000;

/** Submits a job file and waits until its money is final. */
export async function runTrustedJob(net: TestDevnet, file: string, results: string): Promise<TrustedJob> {
  const { jobId } = await net.submit(file);
  return await trustedJobOf(net, jobId, results);
}

/** The same of a job that was submitted already. */
export async function trustedJobOf(net: TestDevnet, jobId: string, results: string): Promise<TrustedJob> {
  await net.settled(jobId, jobMsMax);
  const waiting = { signal: deadline(`results of job ${jobId}`) };
  const { job } = await net.client.jobs.getJob({ jobId }, waiting);
  if (job === undefined) throw new Error(`job ${jobId} is gone`);
  mkdirSync(results, { recursive: true });
  await downloadResults(net.client, { jobId, folder: results }, waiting);
  const receiptPath = join(results, "receipt.json");
  writeFileSync(receiptPath, await fetchReceipt(net.client, jobId, waiting));
  const parsed = parseReceipt(readFileSync(receiptPath, "utf8"));
  if (!parsed.ok) throw new Error(parsed.problem);
  return { job, tasks: await tasksOf(net.client, jobId, waiting), receipt: parsed.receipt, receiptPath, results };
}

/** Every output is bit by bit what one process computes alone. */
export async function expectRightResults(file: string, { job, results }: TrustedJob): Promise<void> {
  expect(job, job.reason?.message).toMatchObject({ state: "completed" });
  for (const [task, { outputs }] of resultsByName(await localOutcome(file))) {
    for (const { name, bytes } of outputs)
      expect(readFileSync(join(results, task, name)).equals(bytes), `${task}/${name}`).toBe(true);
  }
}

/** The receipt holds for the command line, against this network and the chain's roots. */
export async function expectReceiptHolds(net: TestDevnet, { receipt, receiptPath }: TrustedJob): Promise<void> {
  const escrowId = receipt.escrowId as `0x${string}`;
  const roots = await Promise.all(receipt.batches.map(({ batch }) => net.queries.resultRoot(escrowId, batch)));
  const trust = ["--trust", net.devnet.places.networkFile, "--root", ...roots];
  const verified = await net.starling(["receipt", "verify", receiptPath, ...trust]);
  expect(verified, verified.stdout + verified.stderr).toMatchObject({ code: 0 });
}

/** All leases of a job by the name of their worker. */
export function leasesByName(net: TestDevnet, jobs: readonly TrustedJob[]): ReadonlyMap<string, readonly Lease[]> {
  const found = new Map<string, Lease[]>(net.devnet.ground.members.map(({ name }) => [name, []]));
  const names = new Map<string, string>(net.devnet.ground.members.map(({ name, worker }) => [worker.address, name]));
  for (const lease of jobs.flatMap(({ tasks }) => tasks).flatMap(({ leases }) => leases))
    found.get(names.get(lease.worker) ?? "")?.push(lease);
  return found;
}

/** These workers lost nothing: no answer of theirs was rejected, and the chain has paid them for every accepted one. */
export async function expectUnharmed(
  net: TestDevnet,
  names: readonly string[],
  jobs: readonly TrustedJob[],
): Promise<void> {
  const leases = leasesByName(net, jobs);
  for (const name of names) {
    const own = leases.get(name) ?? [];
    const rejected = own.filter(({ verdict }) => verdict === "rejected");
    expect(rejected, `${name} was rejected`).toEqual([]);
    const earned = own.reduce((sum, { verdict, price }) => sum + (verdict === "accepted" ? BigInt(price) : 0n), 0n);
    const worker = net.devnet.ground.members.find((member) => member.name === name)?.worker.address;
    if (worker === undefined) throw new Error(`there is no ${name}`);
    expect(await net.queries.tokenBalance(worker), `tokens of ${name}`).toBe(earned);
  }
}
