// Results of jobs without replicas whose check is still to be paid: what the money for audits has to suffice for.
import type { JobId, TaskId } from "@starling/protocol";
import type { Task } from "../ledger/job.ts";
import { isJobOver, isLost } from "../lifecycle/tables.ts";
import type { CoordinatorState } from "../state.ts";

/** By job that is open, tasks whose one answer, given or to come, will be checked whatever the lottery says. */
export type Unchecked = Map<JobId, Set<TaskId>>;

/** Files a task, or takes it out, after it or one of its leases changed. */
export function fileUnchecked(state: CoordinatorState, task: Task): void {
  const { jobId, taskId } = task;
  const job = state.ledger.jobs.get(jobId);
  if (job === undefined || job.replicas > 1) return;
  const { unchecked } = state.index;
  const tasks = unchecked.get(jobId);
  if (!isJobOver(job.state) && awaitsCheck(state, task)) {
    if (tasks === undefined) unchecked.set(jobId, new Set([taskId]));
    else tasks.add(taskId);
  } else if (tasks?.delete(taskId) === true && tasks.size === 0) {
    unchecked.delete(jobId);
  }
}

// A second lease holds the money of its own.
function awaitsCheck(state: CoordinatorState, { leases, settledAt, audits }: Task): boolean {
  if (settledAt !== null || (audits.at(-1)?.missed ?? null) !== null) return false;
  let isOne = false;
  for (const leaseId of leases) {
    const lease = state.ledger.leases.get(leaseId);
    if (lease === undefined || isLost(lease.state)) continue;
    if (isOne || !lease.checked) return false;
    isOne = true;
  }
  return isOne;
}
