// The job of a receipt: sealed by a coordinator of the network, ordered by the payer, with every task that the spec has.
import { present } from "@starling/kernel";
import { mapStep, reduceStep, reduceTask, taskAt, taskCount } from "../expand.ts";
import type { TaskSpecHash } from "../ids.ts";
import { jobIdOf } from "../job-id.ts";
import type { NetworkFile } from "../network-file.ts";
import { resultDigest } from "../result-digest.ts";
import type { Recover } from "../signature.ts";
import { specHash } from "../spec/job-spec.ts";
import { taskSpecHash } from "../task-spec.ts";
import { jobOrderDigest } from "../typed-data.ts";
import type { TaskProgram } from "../work-message.ts";
import type { Report } from "./findings.ts";
import { type AnsweredTask, isSealed, type Receipt, type ReceiptTask, type UndecidedTask } from "./receipt.ts";

/** Whether the receipt is as the coordinator sealed it. */
export function checkSeal(receipt: Receipt, recover: Recover, report: Report): void {
  if (!isSealed(receipt, recover)) report("seal", "the receipt is not as its coordinator sealed it");
}

/** Whether chain, contracts and coordinator are those of the network: what a forger with fresh keys cannot have. */
export function checkNetwork(receipt: Receipt, network: NetworkFile, report: Report): void {
  const { domain, coordinator, networkId } = receipt;
  if (networkId !== network.networkId)
    report("network", `it is for the network "${networkId}", not "${network.networkId}"`);
  if (domain.chainId !== network.chainId)
    report("network", `it is for chain ${domain.chainId}, not ${network.chainId}`);
  for (const contract of ["jobEscrow", "stakeRegistry", "court"] as const) {
    const known = network.contracts[contract];
    if (domain[contract] !== known) report("network", `its ${contract} is ${domain[contract]}, not ${known}`);
  }
  if (!network.coordinators.some(({ address }) => address === coordinator)) {
    report("network", `${coordinator} is no coordinator of the network "${network.networkId}"`);
  }
}

/** Whether the payer ordered this job, with this spec, from this coordinator. */
export function checkOrder(receipt: Receipt, recover: Recover, report: Report): void {
  const { order, payer, coordinator, jobId } = receipt;
  const expected: readonly (readonly [boolean, string])[] = [
    [jobId === jobIdOf(payer, receipt.idempotencyKey), "the job id is not that of payer and idempotency key"],
    [order.requester === payer, "the order is by somebody else than the payer"],
    [order.coordinator === coordinator, "the order names another coordinator"],
    [order.specHash === specHash(receipt.spec), "the order is for another spec"],
    [order.salt === jobId, "the order is for another job"],
    [
      recover(jobOrderDigest(receipt.domain, order), receipt.orderSignature) === payer,
      "the order is not signed by the payer",
    ],
  ];
  for (const [holds, problem] of expected) if (!holds) report("order", problem);
}

/** Whether every task of the spec is there once, and is what the spec says; digests are those of the outputs. */
export function checkTasks(receipt: Receipt, report: Report): void {
  const { spec } = receipt;
  const count = taskCount(spec.each);
  const found = new Map<string, ReceiptTask>();
  for (const task of receipt.tasks) {
    const name = nameOf(task);
    if (found.has(name)) report("tasks", `${name} stands there twice`);
    found.set(name, task);
    if (task.step === mapStep ? task.index >= count : spec.reduce === null || task.index > 0) {
      report("tasks", `${name} is no task of the job`);
    } else {
      checkTask(receipt, { task, found }, report);
    }
  }
  for (const task of receipt.undecided) checkUndecided(receipt, { task, found }, report);
  const total = count + (spec.reduce === null ? 0 : 1);
  if (found.size < total) report("tasks", `${found.size} of ${total} tasks have a result: the job is not complete`);
}

// Its answers are evidence only as answers to what the spec asks.
function checkUndecided(
  receipt: Receipt,
  { task, found }: { readonly task: UndecidedTask; readonly found: ReadonlyMap<string, ReceiptTask> },
  report: Report,
): void {
  const name = nameOf(task);
  if (found.has(name)) report("tasks", `${name} is undecided, and has a result`);
  if (taskSpecOf(receipt, task, found) !== task.taskSpec)
    report("tasks", `${name} ran something else than the spec says`);
  report("tasks", `${name} is ${task.outcome}: ${task.reason}`);
}

interface TaskAmong {
  readonly task: ReceiptTask;
  /** Tasks so far: the reduce task comes last. */
  readonly found: ReadonlyMap<string, ReceiptTask>;
}

function checkTask(receipt: Receipt, { task, found }: TaskAmong, report: Report): void {
  const name = nameOf(task);
  const taskSpec = taskSpecOf(receipt, task, found);
  if (taskSpec === null) {
    report("tasks", `${name} reads results that are not in the receipt`);
    return;
  }
  if (taskSpec !== task.taskSpec) report("tasks", `${name} ran something else than the spec says`);
  if (resultDigest(task.outputs) !== task.digest) report("tasks", `${name} has other outputs than its digest says`);
}

// Null where the spec has no such task, or what it reads is not there.
function taskSpecOf(
  receipt: Receipt,
  { step, index }: AnsweredTask,
  found: ReadonlyMap<string, ReceiptTask>,
): TaskSpecHash | null {
  const { spec, jobId } = receipt;
  if (step === mapStep ? index >= taskCount(spec.each) : spec.reduce === null || index > 0) return null;
  const program = step === mapStep ? taskAt(spec, index) : reduceProgram(receipt, found);
  return program === null ? null : taskSpecHash({ jobId, step, index }, program);
}

// The reduce task reads what was accepted, so its program follows from the other results of the same receipt.
function reduceProgram(receipt: Receipt, found: ReadonlyMap<string, ReceiptTask>): TaskProgram | null {
  const results: ReceiptTask["outputs"][] = [];
  for (let index = 0; index < taskCount(receipt.spec.each); index += 1) {
    const task = found.get(`${mapStep}/${index}`);
    if (task === undefined) return null;
    results.push(task.outputs);
  }
  return present(reduceTask(receipt.spec, results), reduceStep);
}

/** `map/7`: how a task is named in what is reported. */
export function nameOf(task: { readonly step: string; readonly index: number }): string {
  return `${task.step}/${task.index}`;
}
