// Facts of tasks: waiting, collecting, commit sets, and how they end.
import { assertNever, present, transition } from "@starling/kernel";
import { mapStep } from "@starling/protocol";
import type { TaskFact } from "../fact.ts";
import { armLease, armTask, indexTask } from "../indexes/maintain.ts";
import { addAmount } from "../ledger/escrow.ts";
import type { Job, Task } from "../ledger/job.ts";
import { type TaskState, taskLifecycle } from "../lifecycle/tables.ts";
import type { CoordinatorState } from "../state.ts";

type Of<T extends TaskFact["type"]> = Extract<TaskFact, { type: T }>;

/** Applies a fact of a task. */
export function evolveTask(state: CoordinatorState, fact: TaskFact): void {
  const task = present(state.ledger.tasks.get(fact.taskId), `task ${fact.taskId}`);
  const job = present(state.ledger.jobs.get(task.jobId), `job ${task.jobId}`);
  switch (fact.type) {
    case "taskCollecting":
      move(task, job, { to: "collecting", at: fact.at });
      break;
    case "taskRequeued":
      task.wanted = fact.replicasWanted;
      task.reason = fact.reason;
      nextRound(task);
      if (task.state === "collecting") move(task, job, { to: "queued", at: fact.at });
      break;
    case "mismatchFound":
      task.wanted = fact.replicasWanted;
      task.reason = fact.reason;
      task.resolver = fact.resolver;
      nextRound(task);
      task.resolverRound = task.round;
      if (task.state === "collecting") move(task, job, { to: "queued", at: fact.at });
      // A second resolver takes over from the first: its time starts anew.
      else task.since = fact.at;
      break;
    case "commitSetClosed":
      closeSet(state, task, fact);
      break;
    case "taskAccepted":
      accept(state, task, fact);
      break;
    case "taskDisputed":
      end(task, job, { to: "disputed", fact });
      break;
    case "taskNondeterministic":
      end(task, job, { to: "nondeterministic", fact });
      break;
    case "taskPoisoned":
      end(task, job, { to: "poison", fact });
      break;
    case "taskCancelled":
      end(task, job, { to: "cancelled", fact });
      break;
    case "taskFinal":
      move(task, job, { to: "final", at: fact.at });
      releaseFines(state, task, job);
      break;
    default:
      assertNever(fact, "task fact");
  }
  indexTask(state, task);
  armTask(state, task);
}

function move(task: Task, job: Job, { to, at }: { readonly to: TaskState; readonly at: number }): void {
  job.counts[task.state] -= 1;
  job.counts[to] += 1;
  task.state = transition(taskLifecycle, task.state, to);
  task.since = at;
}

// A set whose reveals are in is behind us; the next leases form a new one.
function nextRound(task: Task): void {
  if (task.set === null) return;
  task.set = null;
  task.round += 1;
}

function closeSet(state: CoordinatorState, task: Task, fact: Of<"commitSetClosed">): void {
  task.set = fact.leases;
  for (const leaseId of fact.leases) {
    const lease = present(state.ledger.leases.get(leaseId), `lease ${leaseId}`);
    lease.revealBy = fact.revealBy;
    armLease(state, lease);
  }
}

function accept(state: CoordinatorState, task: Task, fact: Of<"taskAccepted">): void {
  const { digest, outputs, winners, losers, by, at } = fact;
  const job = present(state.ledger.jobs.get(task.jobId), `job ${task.jobId}`);
  move(task, job, { to: "accepted", at });
  task.result = { digest, outputs, winners, losers, by, at };
  task.reason = null;
  task.set = null;
  if (task.step === mapStep) job.mapAccepted += 1;
  else job.reduceAccepted = true;
  present(state.ledger.escrows.get(job.escrowId), `escrow ${job.escrowId}`).unanchored.push(task.taskId);
}

// What is final can't be fined any more.
function releaseFines(state: CoordinatorState, task: Task, job: Job): void {
  const escrow = present(state.ledger.escrows.get(job.escrowId), `escrow ${job.escrowId}`);
  for (const leaseId of task.leases) {
    const lease = present(state.ledger.leases.get(leaseId), `lease ${leaseId}`);
    if (lease.state === "settled") addAmount(escrow.fines, lease.operator, -lease.fine);
  }
}

function end(
  task: Task,
  job: Job,
  { to, fact }: { readonly to: TaskState; readonly fact: Extract<TaskFact, { reason: unknown }> },
): void {
  move(task, job, { to, at: fact.at });
  task.reason = fact.reason;
  task.wanted = 0;
  task.set = null;
}
