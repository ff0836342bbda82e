// Jobs, tasks and leases fit together: as many leases as are wanted, on distinct operators, and none beyond the end.
import type { Job, Task } from "../ledger/job.ts";
import type { Lease } from "../ledger/lease.ts";
import { isJobOver, isLive, isLost, isTaskOver } from "../lifecycle/tables.ts";
import { isReferee } from "../scheduling/eligibility.ts";
import type { CoordinatorState } from "../state.ts";

/** Lists broken invariants of tasks and their leases. */
export function taskViolations(state: CoordinatorState): readonly string[] {
  const broken: string[] = [];
  for (const task of state.ledger.tasks.values()) {
    const job = state.ledger.jobs.get(task.jobId);
    if (job === undefined) {
      broken.push(`task ${task.taskId} has no job`);
      continue;
    }
    if (task.state === "final" || task.state === "cancelled") continue;
    const leases = task.leases.flatMap((leaseId) => state.ledger.leases.get(leaseId) ?? []);
    if (isTaskOver(task.state)) broken.push(...overViolations(task, leases));
    else broken.push(...openViolations(job, task, leases));
  }
  for (const job of state.ledger.jobs.values()) broken.push(...jobViolations(job));
  return broken;
}

function jobViolations(job: Job): readonly string[] {
  const broken: string[] = [];
  const { queued, collecting } = job.counts;
  if (isJobOver(job.state) && queued + collecting > 0) broken.push(`job ${job.jobId} is ${job.state} with open tasks`);
  if (job.inFlight + job.owed > job.submission.order.budget) {
    broken.push(`job ${job.jobId} promised ${job.inFlight + job.owed} of a budget of ${job.submission.order.budget}`);
  }
  if (job.inFlight < 0n || job.owed < 0n) broken.push(`job ${job.jobId} holds a negative amount`);
  return broken;
}

function overViolations(task: Task, leases: readonly Lease[]): readonly string[] {
  return leases
    .filter(({ state }) => isLive(state) || state === "revealed")
    .map(({ leaseId, state }) => `task ${task.taskId} is ${task.state}, its lease ${leaseId} is ${state}`);
}

function openViolations(job: Job, task: Task, leases: readonly Lease[]): readonly string[] {
  const broken: string[] = [];
  if (isJobOver(job.state)) broken.push(`task ${task.taskId} is ${task.state} in a job that is ${job.state}`);
  if ((task.state === "queued") !== task.wanted > 0)
    broken.push(`task ${task.taskId} is ${task.state} and wants ${task.wanted}`);
  const standing = leases.filter(({ state }) => !isLost(state));
  if (task.set === null) {
    const counted = standing.filter((lease) => countsFor(task, lease)).length;
    if (counted + task.wanted !== wantedBy(job, task)) {
      broken.push(
        `task ${task.taskId} has ${counted} leases and wants ${task.wanted}, it needs ${wantedBy(job, task)}`,
      );
    }
  }
  const replicas = standing.filter(({ role }) => role === "replica");
  if (new Set(replicas.map(({ operator }) => operator)).size < replicas.length) {
    broken.push(`task ${task.taskId} stands twice on one operator`);
  }
  if (replicas.some(({ operator }) => isReferee(job, operator)))
    broken.push(`a replica of ${task.taskId} stands on a referee`);
  for (const lease of standing) {
    if (lease.state === "settled") broken.push(`lease ${lease.leaseId} is settled in an open task`);
    if (lease.state === "committed" && lease.revealBy === null && task.set?.includes(lease.leaseId) === true) {
      broken.push(`lease ${lease.leaseId} has no deadline for its reveal`);
    }
  }
  return broken;
}

function countsFor(task: Task, lease: Lease): boolean {
  return task.resolver === "agreement" || lease.round >= task.resolverRound;
}

function wantedBy(job: Job, task: Task): number {
  if (task.resolver === "agreement") return job.replicas;
  return task.resolver === "referee" ? 1 : job.replicas + 1;
}
