// Whether anybody with something at stake stands behind a result. Names are free: a whole replica set may belong to one stranger who
// pledged nothing, and then neither fine nor name is lost with a lie.
import { present } from "@starling/kernel";
import { checkedFineOf, fineOf, trustTerms } from "@starling/protocol";
import { usedOperators } from "../indexes/maintain.ts";
import { type Job, openAudit, type Task } from "../ledger/job.ts";
import type { Lease } from "../ledger/lease.ts";
import type { Worker } from "../ledger/worker.ts";
import { budgetLeft } from "../money/amounts.ts";
import { coverOf } from "../money/fine.ts";
import { unfit } from "../scheduling/eligibility.ts";
import type { CoordinatorState } from "../state.ts";

/** Whether the lease's fine deters less than a check of its result needs. A referee answers for itself. */
export function isUnderfined(state: CoordinatorState, lease: Lease): boolean {
  return isFinedBelow(state, lease, checkedFineOf);
}

function isFinedBelow(state: CoordinatorState, lease: Lease, bound: typeof fineOf): boolean {
  if (!lease.checked || lease.role === "referee") return false;
  const job = present(state.ledger.jobs.get(lease.jobId), `job ${lease.jobId}`);
  return lease.fine < bound(trustTerms(job.submission.spec.trust), lease.price);
}

/**
 * Whether several answers agree, none of them backed by a whole fine, and somebody who backs his own is here to be asked. The smaller
 * fine of checked work deters only where the check comes from somebody else: two names of one thin stake would check each other.
 */
export function lacksBacking(state: CoordinatorState, task: Task, winners: readonly Lease[]): boolean {
  if (winners.length < 2 || !winners.every((lease) => isFinedBelow(state, lease, fineOf))) return false;
  const looks = task.audits.filter(({ cause }) => cause === "checked");
  if (looks.length >= state.config.policy.looksMax || looks.some(({ missed }) => missed !== null)) return false;
  const job = present(state.ledger.jobs.get(task.jobId), `job ${task.jobId}`);
  return canSpare(job) && hasBacker(state, task, job);
}

// Looks beyond the audits that a budget has to cover are for money that no replica of a task to come needs: a job must not fail for them.
function canSpare(job: Job): boolean {
  const { perTaskMax, spec } = job.submission;
  const open = job.taskCount - job.mapSettled + (spec.reduce === null || job.reduceSettled ? 0 : 1);
  return budgetLeft(job) >= perTaskMax * BigInt(open * job.replicas + 1);
}

/**
 * Whether a result of the job waits for its check on the word of strangers alone, in an escrow to which others have pledged. Without
 * money for the check it must not stand: a swarm without a stake would use up the budget and have its lies settled.
 */
export function hangsOnStrangers(state: CoordinatorState, job: Job): boolean {
  if (job.underAudit === 0 || (state.ledger.escrows.get(job.escrowId)?.chain.pledges.size ?? 0) === 0) return false;
  for (const tasks of state.index.unsettledOf.values()) {
    for (const taskId of tasks) {
      const task = state.ledger.tasks.get(taskId);
      if (task?.jobId !== job.jobId || task.result === null || openAudit(task) === null) continue;
      const winners = task.result.winners.map((id) => present(state.ledger.leases.get(id), `lease ${id}`));
      if (winners.every((lease) => isUnderfined(state, lease))) return true;
    }
  }
  return false;
}

/** Whether the pledge of the worker's operator still covers the fine of a checked result. */
export function backs(state: CoordinatorState, job: Job, { operator, signed }: Worker): boolean {
  const terms = trustTerms(job.submission.spec.trust);
  return coverOf(state, { job, operator }) >= checkedFineOf(terms, signed.record.pricePerTask);
}

/** Whether somebody is connected who backs his answers, fits the task and has not answered it; busy or not. */
export function hasBacker(state: CoordinatorState, task: Task, job: Job): boolean {
  const pledges = state.ledger.escrows.get(job.escrowId)?.chain.pledges;
  if (pledges === undefined || pledges.size === 0) return false;
  return hasAuditor(state, task, (worker) => pledges.has(worker.operator) && backs(state, job, worker));
}

/** Whether somebody is connected who fits the task, has not answered it, can be paid, and is acceptable; busy or not, since a lease ends. */
export function hasAuditor(state: CoordinatorState, task: Task, accepts: (worker: Worker) => boolean): boolean {
  const job = present(state.ledger.jobs.get(task.jobId), `job ${task.jobId}`);
  const now = state.presence.turnAt;
  const used = new Set(usedOperators(state, task));
  const left = budgetLeft(job);
  for (const address of state.presence.connected) {
    const worker = state.ledger.workers.get(address);
    if (worker === undefined || used.has(worker.operator) || worker.signed.record.pricePerTask > left) continue;
    if (accepts(worker) && unfit(state, worker, { job, step: task.step, now }) === null) return true;
  }
  return false;
}
