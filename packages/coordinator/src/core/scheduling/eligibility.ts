// Which worker may run what: named predicates, each with a reason code that `job explain` counts.
import type { Address, Needs, RuntimeClass, WorkerResources } from "@starling/protocol";
import { stepKey } from "../indexes/index-state.ts";
import type { Job } from "../ledger/job.ts";
import type { Worker } from "../ledger/worker.ts";
import { stepSpecOf } from "../program.ts";
import { type CoordinatorState, freeSlots, isConnected } from "../state.ts";

/** Why a worker can't have a replica. The order is the order of the checks. */
export type EligibilityCode =
  | "notConnected"
  | "recordExpired"
  | "banned"
  | "suspended"
  | "draining"
  | "isReferee"
  | "classMissing"
  | "cpuTooFew"
  | "memoryTooSmall"
  | "diskTooSmall"
  | "gpuMissing"
  | "gpuTooFew"
  | "vramTooSmall"
  | "gpuArchMissing"
  | "priceTooHigh"
  | "declined"
  | "operatorUsed"
  | "noSlot"
  | "noCredit";

/** What a step asks of a machine. */
export interface StepNeeds {
  readonly runtimeClass: RuntimeClass;
  readonly needs: Needs;
}

/** Whether the worker belongs to the payer or to somebody whom the payer trusts. */
export function isReferee(job: Job, operator: Address): boolean {
  return operator === job.payer || job.submission.referees.includes(operator);
}

/** The first predicate that keeps the worker from any replica of the step, or null. Slots and credit are not looked at. */
export function unfit(
  state: CoordinatorState,
  worker: Worker,
  { job, step, now }: { readonly job: Job; readonly step: string; readonly now: number },
): EligibilityCode | null {
  const available = unavailable(state, worker, now);
  if (available !== null) return available;
  if (job.banned.has(worker.operator)) return "banned";
  if (isReferee(job, worker.operator)) return "isReferee";
  const lacking = unmetNeed(worker, stepSpecOf(job, step));
  if (lacking !== null) return lacking;
  if (worker.signed.record.pricePerTask > job.submission.perTaskMax) return "priceTooHigh";
  const skip = state.presence.sessions.get(worker.worker)?.skips.get(stepKey(job.jobId, step));
  if (skip !== undefined && skip.until > now) return "declined";
  return null;
}

/** The first predicate that keeps the worker from refereeing the step, or null. Slots are not looked at. */
export function unfitAsReferee(
  state: CoordinatorState,
  worker: Worker,
  { job, step, now }: { readonly job: Job; readonly step: string; readonly now: number },
): EligibilityCode | null {
  const available = unavailable(state, worker, now);
  if (available !== null) return available;
  return unmetNeed(worker, stepSpecOf(job, step));
}

/** Why the worker can have no lease of any job now, or null. */
export function unavailable(state: CoordinatorState, worker: Worker, now: number): EligibilityCode | null {
  if (worker.state === "banned") return "banned";
  if (!isConnected(state.presence.sessions.get(worker.worker))) return "notConnected";
  if (worker.signed.record.expiresAt <= now) return "recordExpired";
  if (worker.state !== "admitted") return "suspended";
  return worker.drainedSeq === null ? null : "draining";
}

/** Whether the worker has room for one more lease. */
export function hasSlot(state: CoordinatorState, worker: Address, now: number): boolean {
  const session = state.presence.sessions.get(worker);
  return isConnected(session) && session.pausedUntil <= now && freeSlots(session) > 0;
}

/** The first need that the machine does not meet, or null. */
export function unmetNeed(worker: Worker, { runtimeClass, needs }: StepNeeds): EligibilityCode | null {
  const { record } = worker.signed;
  if (!record.classes.some((offer) => offer.name === runtimeClass)) return "classMissing";
  const { resources } = record;
  if (resources.cpuCores < needs.cpuCores) return "cpuTooFew";
  if (resources.memoryBytes < needs.memoryBytes) return "memoryTooSmall";
  if (resources.diskBytes < needs.diskBytes) return "diskTooSmall";
  return needs.gpu === null ? null : unmetGpu(resources, needs.gpu);
}

function unmetGpu({ accelerators }: WorkerResources, gpu: NonNullable<Needs["gpu"]>): EligibilityCode | null {
  if (accelerators.length === 0) return "gpuMissing";
  if (accelerators.length < gpu.count) return "gpuTooFew";
  const large = accelerators.filter((one) => one.vramBytes >= gpu.vramBytes);
  if (large.length < gpu.count) return "vramTooSmall";
  if (gpu.arch.length === 0) return null;
  return large.filter((one) => gpu.arch.includes(one.arch)).length < gpu.count ? "gpuArchMissing" : null;
}
