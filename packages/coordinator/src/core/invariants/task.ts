// Jobs, tasks and leases fit together: as many leases as are wanted, on distinct operators, and none beyond the end.
import type { Job, Task } from "../ledger/job.ts";
import type { Lease } from "../ledger/lease.ts";
import { isJobOver, isLive, isLost, isTaskOver } from "../lifecycle/tables.ts";
import { isReferee } from "../scheduling/eligibility.ts";
import type { CoordinatorState } from "../state.ts";
import { answersNeeded } from "../verification/ruling.ts";

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
    else broken.push(...openViolations(state, { job, task }, leases));
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
  return (
    leases
      // An answer that is paid with its check only waits for that.
      .filter(
        ({ state }) => isLive(state) || (state === "revealed" && (task.result === null || task.settledAt !== null)),
      )
      .map(({ leaseId, state }) => `task ${task.taskId} is ${task.state}, its lease ${leaseId} is ${state}`)
  );
}

function openViolations(
  state: CoordinatorState,
  { job, task }: { readonly job: Job; readonly task: Task },
  leases: readonly Lease[],
): readonly string[] {
  const broken: string[] = [];
  if (isJobOver(job.state)) broken.push(`task ${task.taskId} is ${task.state} in a job that is ${job.state}`);
  if ((task.state === "queued") !== task.wanted > 0)
    broken.push(`task ${task.taskId} is ${task.state} and wants ${task.wanted}`);
  const standing = leases.filter(({ state }) => !isLost(state));
  if (task.set === null) broken.push(...countViolations(state, task, standing));
  const replicas = standing.filter(({ role }) => role === "replica");
  if (new Set(replicas.map(({ operator }) => operator)).size < replicas.length) {
    broken.push(`task ${task.taskId} stands twice on one operator`);
  }
  if (replicas.some(({ operator }) => isReferee(job, operator)))
    broken.push(`a replica of ${task.taskId} stands on a referee`);
  for (const lease of standing) {
    if (lease.state === "settled" && !isRuledOn(task, lease))
      broken.push(`lease ${lease.leaseId} is settled in an open task`);
    if (lease.state === "committed" && lease.revealBy === null && task.set?.includes(lease.leaseId) === true) {
      broken.push(`lease ${lease.leaseId} has no deadline for its reveal`);
    }
  }
  return broken;
}

function isRuledOn({ result }: Task, { leaseId }: Lease): boolean {
  return result !== null && (result.winners.includes(leaseId) || result.losers.includes(leaseId));
}

// As many leases as the ruling asks for: those that stand, and those that wait for a worker.
function countViolations(state: CoordinatorState, task: Task, standing: readonly Lease[]): readonly string[] {
  const fresh = standing.filter(({ round }) => round >= task.resolverRound).length;
  const inDoubt = standing.filter(({ leaseId }) => task.result?.losers.includes(leaseId) !== true).length;
  const replicas = state.ledger.jobs.get(task.jobId)?.replicas ?? 0;
  const { wanted } = task;
  const [has, needs] =
    task.resolver === "agreement"
      ? [inDoubt, answersNeeded(state, task)]
      : task.resolver === "freshReplicas"
        ? [fresh, replicas + 1]
        : // The referee, and beside one that stands alone the replica that confirms it.
          [Math.min(fresh + wanted, 2) - wanted, fresh + wanted > 1 ? 2 : 1];
  if (has + wanted === needs) return [];
  return [`task ${task.taskId} has ${has} leases and wants ${wanted}, it needs ${needs}`];
}
