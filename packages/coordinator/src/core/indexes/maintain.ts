// Keeps the index in step with the ledger: called by `evolve` after each change, and for everything after a restore.
import type { Address } from "@starling/protocol";
import { type Job, openAudit, type Task } from "../ledger/job.ts";
import type { Lease } from "../ledger/lease.ts";
import { isJobOver, isLive, isLost } from "../lifecycle/tables.ts";
import { type CoordinatorState, planted } from "../state.ts";
import { queueOf, stepKey } from "./index-state.ts";
import { restoreShares, shareBegan, shareEnded } from "./shares.ts";
import { refereeLane } from "./step-queue.ts";
import { fileUnchecked } from "./unchecked.ts";
import { fileResult } from "./unsettled.ts";

/** Operators that may not answer this task (again), in order: those with a live or valid answer, and those whose program failed. */
export function usedOperators(state: CoordinatorState, task: Task): readonly Address[] {
  const used = new Set<Address>();
  for (const leaseId of task.leases) {
    const lease = state.ledger.leases.get(leaseId);
    if (lease === undefined) continue;
    if (!isLost(lease.state) || lease.fault === "application") used.add(lease.operator);
  }
  return [...used].sort();
}

/** The lane in which a task waits, or null when it does not wait. */
export function laneOf(state: CoordinatorState, task: Task): string | null {
  if (task.state !== "queued" || task.wanted === 0) return null;
  if (wantsReferee(state, task)) return refereeLane;
  return usedOperators(state, task).join();
}

/** Whether the next lease of the task is a referee's: to decide, or to audit where nobody else could. */
export function wantsReferee(state: CoordinatorState, task: Task): boolean {
  if (task.resolver !== "referee" && openAudit(task)?.referred !== true) return false;
  // One that has answered is confirmed by a replica.
  return !task.leases.some((leaseId) => {
    const lease = state.ledger.leases.get(leaseId);
    return lease?.role === "referee" && !isLost(lease.state);
  });
}

/** Puts a task where it belongs after it or one of its leases changed. */
export function indexTask(state: CoordinatorState, task: Task): void {
  fileUnchecked(state, task);
  const key = stepKey(task.jobId, task.step);
  const lane = laneOf(state, task);
  if (lane !== null) {
    queueOf(state.index, key).put(task.index, lane, task.attempts > 0);
    return;
  }
  const queue = state.index.queues.get(key);
  if (queue === undefined) return;
  queue.remove(task.index);
  if (queue.size === 0) state.index.queues.delete(key);
}

/** Sets the alarm of a task that waits under a deadline of its own. */
export function armTask(state: CoordinatorState, task: Task): void {
  const dueAt = taskDueAt(state, task);
  if (dueAt !== null) state.index.timers.push({ at: dueAt, kind: "task", id: task.taskId });
}

/** When the task is looked at for time alone: a wait for operators is over, or its finality window; null when only the job's deadline holds. */
export function taskDueAt(state: CoordinatorState, task: Task): number | null {
  if (task.state === "accepted") return task.settledAt === null ? task.settlesAt : null;
  if (task.state !== "queued") return null;
  const { refereeWaitMs, freshWaitMs, auditWaitMs } = state.config.policy;
  if (wantsReferee(state, task)) return task.since + refereeWaitMs;
  if (task.resolver !== "agreement") return task.since + freshWaitMs;
  return openAudit(task) === null ? null : task.since + auditWaitMs;
}

/** Files a lease under its worker while the worker owes something, and sets its alarm. */
export function indexLease(state: CoordinatorState, lease: Lease): void {
  const { liveLeases } = state.index;
  if (isLive(lease.state)) {
    const leases = liveLeases.get(lease.worker) ?? new Set();
    if (leases.has(lease.leaseId)) return;
    liveLeases.set(lease.worker, leases.add(lease.leaseId));
    countLease(state, lease, 1);
    shareBegan(state, lease);
    return;
  }
  const leases = liveLeases.get(lease.worker);
  if (leases?.delete(lease.leaseId) !== true) return;
  countLease(state, lease, -1);
  shareEnded(state, lease);
  if (leases.size === 0) liveLeases.delete(lease.worker);
}

function countLease(state: CoordinatorState, lease: Lease, change: number): void {
  const payer = state.ledger.jobs.get(lease.jobId)?.payer;
  if (payer === undefined) return;
  const { leasesOfPayer } = state.index;
  const count = (leasesOfPayer.get(payer) ?? 0) + change;
  if (count === 0) leasesOfPayer.delete(payer);
  else leasesOfPayer.set(payer, count);
}

/** Sets the alarm of a lease for its present state. */
export function armLease(state: CoordinatorState, lease: Lease): void {
  const dueAt = leaseDueAt(lease);
  if (dueAt !== null) state.index.timers.push({ at: dueAt, kind: "lease", id: lease.leaseId });
}

/** Until when the worker must take its next step; null when it owes none. */
export function leaseDueAt(lease: Lease): number | null {
  if (lease.state === "offered") return lease.acceptBy;
  if (lease.state === "accepted" || lease.state === "running") return lease.commitBy;
  if (lease.state === "committed") return lease.revealBy;
  return null;
}

/** Counts a job that is open, and sets the alarm for its deadline. */
export function indexJob(state: CoordinatorState, job: Job): void {
  const { openJobs, openJobsOfPayer, timers } = state.index;
  const count = openJobsOfPayer.get(job.payer) ?? 0;
  if (isJobOver(job.state)) {
    state.index.lotteries.delete(job.jobId);
    state.index.shares.delete(job.jobId);
    state.index.unchecked.delete(job.jobId);
    if (!openJobs.delete(job.jobId)) return;
    if (count > 1) openJobsOfPayer.set(job.payer, count - 1);
    else openJobsOfPayer.delete(job.payer);
    return;
  }
  if (openJobs.has(job.jobId)) return;
  if (planted(state, "loseJobOnRestart") && state.presence.startedAt === null) return;
  openJobs.add(job.jobId);
  openJobsOfPayer.set(job.payer, count + 1);
  timers.push({ at: job.deadlineAt, kind: "job", id: job.jobId });
}

/** Derives the whole index from a ledger that was restored. */
export function rebuildIndex(state: CoordinatorState): void {
  const { ledger, index } = state;
  for (const job of ledger.jobs.values()) indexJob(state, job);
  restoreShares(state);
  for (const lease of ledger.leases.values()) {
    if (!isLive(lease.state)) continue;
    indexLease(state, lease);
    armLease(state, lease);
  }
  for (const task of ledger.tasks.values()) {
    indexTask(state, task);
    armTask(state, task);
    if (task.result !== null && task.settledAt === null) fileResult(state, task);
  }
  for (const worker of ledger.workers.values()) {
    if (worker.suspendedUntil !== null) {
      index.timers.push({ at: worker.suspendedUntil, kind: "worker", id: worker.worker });
    }
  }
}
