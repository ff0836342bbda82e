// Whether a budget still pays for the checks of a job without replicas: its answers come first, then the checks that are owed already.
import { auditsReserved, mapStep, ppm, reduceStep, totalTasks, trustTerms } from "@starling/protocol";
import { stepKey } from "../indexes/index-state.ts";
import type { Job } from "../ledger/job.ts";
import type { Worker } from "../ledger/worker.ts";
import { type CoordinatorState, planted } from "../state.ts";
import { backs } from "../verification/backing.ts";
import { budgetLeft, larger } from "./amounts.ts";

/**
 * Whether the money suffices to check one more answer of somebody who has nothing at stake, with what others have a part in: a part of the
 * reserve, in proportion to what is to come, or what the lottery will draw.
 */
export function paysStrangersCheck(state: CoordinatorState, job: Job): boolean {
  if (planted(state, "ignorePledge")) return true;
  const { perTaskMax, spec } = job.submission;
  const after = tasksToCome(state, job) - 1n;
  const tasks = BigInt(totalTasks(spec));
  const othersPercent = BigInt(100 - state.config.policy.strangersReservePercent);
  const reserved = auditsReserved(trustTerms(spec.trust), totalTasks(spec));
  const ofReserve = after > 0n ? ceil(reserved * after * othersPercent, tasks * 100n) : 0n;
  const drawn = toBeDrawn(job, after);
  return budgetLeft(job) >= promised(state, job) + (larger(ofReserve, drawn) + perCheck(job)) * perTaskMax;
}

/** Whether the worker waits for others who have pledged, and is not needed to check anything either: money that it held then would be missed there. */
export function waitsForStake(state: CoordinatorState, job: Job, worker: Worker): boolean {
  if (!state.presence.heldBack.has(job.jobId) || job.underAudit > 0) return false;
  return !paysStrangersCheck(state, job) && !backs(state, job, worker);
}

/** Whether it suffices for the check of a newcomer whose fine deters without it. Those that nothing else deters, and first answers, have the money first. */
export function paysNewcomersCheck(state: CoordinatorState, job: Job): boolean {
  const drawn = toBeDrawn(job, tasksToCome(state, job));
  return budgetLeft(job) >= promised(state, job) + drawn * job.submission.perTaskMax;
}

// Everything that is still to be answered, and the checks that are owed.
function promised(state: CoordinatorState, job: Job): bigint {
  const owed = BigInt(state.index.unchecked.get(job.jobId)?.size ?? 0);
  return (tasksToCome(state, job) + owed * perCheck(job)) * job.submission.perTaskMax;
}

// Where lies were found, any answer may be one: whoever decides then is paid too, and only the liar is not.
function perCheck({ banned, replicas }: Job): bigint {
  return banned.size > 0 ? BigInt(1 + replicas) : 1n;
}

function toBeDrawn({ submission }: Job, tasks: bigint): bigint {
  return tasks > 0n ? ceil(tasks * BigInt(trustTerms(submission.spec.trust).auditPpm), BigInt(ppm)) : 0n;
}

// Tasks that nobody answers yet, whether or not they exist.
function tasksToCome(state: CoordinatorState, job: Job): bigint {
  const waiting = (step: string): number => {
    const queue = state.index.queues.get(stepKey(job.jobId, step));
    return queue === undefined ? 0 : queue.size - queue.begun;
  };
  const reduce = job.submission.spec.reduce === null ? 0 : job.reduceQueued ? waiting(reduceStep) : 1;
  return BigInt(job.taskCount - job.mapQueued + waiting(mapStep) + reduce);
}

function ceil(value: bigint, by: bigint): bigint {
  return (value + by - 1n) / by;
}
