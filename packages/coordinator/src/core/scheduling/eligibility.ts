// Which worker may run what: named predicates, each with a reason code that `job explain` counts.
import {
  type Address,
  type GpuNeeds,
  gpuFits,
  isCalibrated,
  type JobSubmission,
  type Needs,
  type RuntimeClass,
  type WorkerResources,
} from "@starling/protocol";
import { stepKey } from "../indexes/index-state.ts";
import type { Job } from "../ledger/job.ts";
import type { Worker } from "../ledger/worker.ts";
import { stepSpecOf } from "../program.ts";
import { type CoordinatorState, freeSlots, isConnected } from "../state.ts";
import { isTooSlow, memoryShownBelow } from "./observed.ts";

/** Why a worker can't have a replica. The order is the order of the checks. */
export type EligibilityCode =
  | "notConnected"
  | "recordExpired"
  | "banned"
  | "suspended"
  | "draining"
  | "isReferee"
  | "classMissing"
  | "notCalibrated"
  | "cpuTooFew"
  | "memoryTooSmall"
  | "memoryMissing"
  | "diskTooSmall"
  | "gpuMissing"
  | "gpuTooFew"
  | "vramTooSmall"
  | "gpuArchMissing"
  | "priceTooHigh"
  | "tooSlow"
  | "declined"
  | "paused"
  | "reclaimed"
  | "outOfHours"
  | "programRefused"
  | "payerRefused"
  | "hostsRefused"
  | "imageRefused"
  | "imageUnavailable"
  | "rootRoom"
  | "operatorUsed"
  | "otherCalibration"
  | "shareUsed"
  | "checkUnpaid"
  | "noSlot"
  | "noCredit";

/** What a step asks of a machine. */
export interface StepNeeds {
  readonly runtimeClass: RuntimeClass;
  readonly needs: Needs;
}

/** Whose job it is and what it pays at most: true of a job that runs and of one that is only planned. */
export interface Asking {
  readonly payer: Address;
  readonly submission: Pick<JobSubmission, "referees" | "perTaskMax">;
}

/** Whether the worker belongs to the payer or to somebody whom the payer trusts. */
export function isReferee(job: Asking, operator: Address): boolean {
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
  const lacking = unmetNeed(state, worker, stepSpecOf(job, step));
  if (lacking !== null) return lacking;
  if (worker.signed.record.pricePerTask > job.submission.perTaskMax) return "priceTooHigh";
  if (isTooSlow(state, worker, { job, step, now })) return "tooSlow";
  return declined(state, worker, { job, step, now });
}

// For a while it is not asked again: a machine that is a referee in name only would be asked for ever.
function declined(
  state: CoordinatorState,
  { worker }: Worker,
  { job, step, now }: { readonly job: Job; readonly step: string; readonly now: number },
): EligibilityCode | null {
  const skip = state.presence.sessions.get(worker)?.skips.get(stepKey(job.jobId, step));
  if (skip === undefined || skip.until <= now) return null;
  return toldCodes.find((code) => code === skip.code) ?? "declined";
}

/** What workers say when they decline, for their owners, of a registry or of their room: a payer can do something about it, or knows that he can't. */
const toldCodes = [
  "draining",
  "outOfHours",
  "programRefused",
  "payerRefused",
  "hostsRefused",
  "imageRefused",
  "imageUnavailable",
  "rootRoom",
] as const;

/** The first predicate that keeps the worker from refereeing the step, or null. Slots are not looked at. */
export function unfitAsReferee(
  state: CoordinatorState,
  worker: Worker,
  { job, step, now }: { readonly job: Job; readonly step: string; readonly now: number },
): EligibilityCode | null {
  const available = unavailable(state, worker, now);
  if (available !== null) return available;
  return declined(state, worker, { job, step, now }) ?? unmetNeed(state, worker, stepSpecOf(job, step));
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
function unmetNeed(state: CoordinatorState, worker: Worker, step: StepNeeds): EligibilityCode | null {
  return unmetNeeds(state, worker, step)[0] ?? null;
}

/** Every need that the machine does not meet, so that whoever raises one of them sees the others too. */
export function unmetNeeds(
  state: CoordinatorState,
  worker: Worker,
  { runtimeClass, needs }: StepNeeds,
): readonly EligibilityCode[] {
  const { record } = worker.signed;
  const { resources } = record;
  const unmet: EligibilityCode[] = [];
  const offer = record.classes.find(({ name }) => name === runtimeClass);
  if (offer === undefined) unmet.push("classMissing");
  else if (!isCalibrated(offer)) unmet.push("notCalibrated");
  if (resources.cpuCores < needs.cpuCores) unmet.push("cpuTooFew");
  if (resources.memoryBytes < needs.memoryBytes) unmet.push("memoryTooSmall");
  else if (needs.memoryBytes >= (memoryShownBelow(state, worker) ?? Number.POSITIVE_INFINITY))
    unmet.push("memoryMissing");
  if (resources.diskBytes < needs.diskBytes) unmet.push("diskTooSmall");
  const gpu = needs.gpu === null ? null : unmetGpu(resources, needs.gpu);
  if (gpu !== null) unmet.push(gpu);
  return unmet;
}

function unmetGpu({ accelerators }: WorkerResources, gpu: GpuNeeds): EligibilityCode | null {
  if (accelerators.length === 0) return "gpuMissing";
  if (accelerators.length < gpu.count) return "gpuTooFew";
  const large = accelerators.filter((one) => one.vramBytes >= gpu.vramBytes);
  if (large.length < gpu.count) return "vramTooSmall";
  if (gpu.arch.length === 0) return null;
  const fitting = large.filter((one) => gpuFits(gpu, one));
  return fitting.length < gpu.count ? "gpuArchMissing" : null;
}
