// Facts of tasks: waiting, collecting, commit sets, and how they end.
import { assertNever, present, transition } from "@starling/kernel";
import type { TaskFact } from "../fact.ts";
import { armLease, armTask, indexTask } from "../indexes/maintain.ts";
import type { Job, Task } from "../ledger/job.ts";
import { type TaskState, taskLifecycle } from "../lifecycle/tables.ts";
import type { CoordinatorState } from "../state.ts";
import { releaseFines } from "./fines.ts";
import { acceptResult, auditMissed, auditOrdered, auditReferred, settleResult, withdrawResult } from "./result.ts";

type Of<T extends TaskFact["type"]> = Extract<TaskFact, { type: T }>;

/** Applies a fact of a task. */
export function evolveTask(state: CoordinatorState, fact: TaskFact): void {
  const task = present(state.ledger.tasks.get(fact.taskId), `task ${fact.taskId}`);
  const job = present(state.ledger.jobs.get(task.jobId), `job ${task.jobId}`);
  apply(state, { task, job }, fact);
  indexTask(state, task);
  armTask(state, task);
}

/** A task with its job. */
interface Place {
  readonly task: Task;
  readonly job: Job;
}

function apply(state: CoordinatorState, { task, job }: Place, fact: TaskFact): void {
  switch (fact.type) {
    case "taskCollecting":
      move(task, job, { to: "collecting", at: fact.at });
      return;
    case "taskRequeued":
      requeue(task, job, fact);
      return;
    case "mismatchFound":
      resolve(task, job, fact);
      return;
    case "commitSetClosed":
      closeSet(state, task, fact);
      return;
    case "taskAccepted":
      move(task, job, { to: "accepted", at: fact.at });
      acceptResult(state, { task, job }, fact);
      dropCheckpoints(state, task);
      return;
    case "outputsCompared": {
      const { reference, answer, outputs } = fact;
      task.comparisons = [...(task.comparisons ?? []), { reference, answer, outputs }];
      return;
    }
    case "auditOrdered":
      move(task, job, { to: "queued", at: fact.at });
      job.audits.ordered += 1;
      auditOrdered(task, fact);
      return;
    case "auditReferred":
      auditReferred(task, fact);
      return;
    case "auditMissed":
      move(task, job, { to: "accepted", at: fact.at });
      job.audits.missed += 1;
      auditMissed(task, fact);
      return;
    case "taskSettled":
      settleResult(state, { task, job }, fact.at);
      return;
    case "taskDisputed":
    case "taskNondeterministic":
    case "taskPoisoned":
    case "taskCancelled":
      end(state, { task, job }, fact);
      return;
    case "taskFinal":
      move(task, job, { to: "final", at: fact.at });
      releaseFines(state, task);
      return;
    default:
      assertNever(fact, "task fact");
  }
}

function move(task: Task, job: Job, { to, at }: { readonly to: TaskState; readonly at: number }): void {
  if (isRunAgain(task)) job.underAudit -= 1;
  job.counts[task.state] -= 1;
  job.counts[to] += 1;
  task.state = transition(taskLifecycle, task.state, to);
  task.since = at;
  if (isRunAgain(task)) job.underAudit += 1;
}

function isRunAgain({ result, state }: Task): boolean {
  return result !== null && (state === "queued" || state === "collecting");
}

function requeue(task: Task, job: Job, fact: Of<"taskRequeued">): void {
  task.wanted = fact.replicasWanted;
  task.reason = fact.reason;
  nextRound(task);
  if (task.state === "collecting") move(task, job, { to: "queued", at: fact.at });
}

function resolve(task: Task, job: Job, fact: Of<"mismatchFound">): void {
  task.wanted = fact.replicasWanted;
  task.reason = fact.reason;
  if (fact.resolver === "freshReplicas" && task.resolver === "freshReplicas") task.firstFreshRound = task.resolverRound;
  else delete task.firstFreshRound;
  task.resolver = fact.resolver;
  nextRound(task);
  task.resolverRound = task.round;
  if (task.state === "collecting") move(task, job, { to: "queued", at: fact.at });
  // A second resolver takes over from the first: its time starts anew.
  else task.since = fact.at;
}

// A set whose reveals are in is behind us; the next leases form a new one.
function nextRound(task: Task): void {
  if (task.set === null) return;
  task.set = null;
  task.round += 1;
}

function closeSet(state: CoordinatorState, task: Task, fact: Of<"commitSetClosed">): void {
  const leases = fact.leases.map((leaseId) => present(state.ledger.leases.get(leaseId), `lease ${leaseId}`));
  // The leases' own texts, so that a replayed journal holds each id once.
  task.set = leases.map(({ leaseId }) => leaseId);
  task.sets = [...task.sets, { round: fact.round, leases: task.set, drawn: fact.drawn ?? null }];
  for (const lease of leases) {
    lease.revealBy = fact.revealBy;
    armLease(state, lease);
  }
}

// Without a result there is nothing to fine; a provisional one does not stand any more.
function end(state: CoordinatorState, { task, job }: Place, fact: Extract<TaskFact, { reason: unknown }>): void {
  const to = endStates[fact.type as keyof typeof endStates];
  move(task, job, { to, at: fact.at });
  withdrawResult(state, { task, job });
  dropCheckpoints(state, task);
  task.reason = fact.reason;
  task.wanted = 0;
  task.set = null;
}

// What comes after a result begins at the beginning.
function dropCheckpoints(state: CoordinatorState, { leases }: Task): void {
  for (const leaseId of leases) delete state.ledger.leases.get(leaseId)?.checkpoints;
}

const endStates = {
  taskDisputed: "disputed",
  taskNondeterministic: "nondeterministic",
  taskPoisoned: "poison",
  taskCancelled: "cancelled",
} as const;
