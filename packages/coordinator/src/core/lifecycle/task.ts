// Tasks between the queue and their end: back to the queue, and the end of their leases.
import { present } from "@starling/kernel";
import { type LeaseId, mapStep, reduceStep, taskIdOf } from "@starling/protocol";
import type { Reason } from "../fact.ts";
import { stepKey } from "../indexes/index-state.ts";
import type { Job, Task } from "../ledger/job.ts";
import type { Lease } from "../ledger/lease.ts";
import type { CoordinatorState } from "../state.ts";
import { type CoordinatorTurn, mailTo } from "../turn.ts";
import { isLive } from "./tables.ts";
import { giveSlotBack } from "./worker.ts";

/** More leases are wanted: the task waits for workers again. */
export function requeueTask(
  task: Task,
  { wanted, reason }: { readonly wanted: number; readonly reason: Reason },
  turn: CoordinatorTurn,
): void {
  turn.record({ type: "taskRequeued", taskId: task.taskId, replicasWanted: wanted, reason, at: turn.now });
  turn.changed.steps.add(stepKey(task.jobId, task.step));
}

/** All leases of a task, oldest first. */
export function leasesOf(state: CoordinatorState, task: Task): readonly Lease[] {
  return task.leases.map((leaseId) => present(state.ledger.leases.get(leaseId), `lease ${leaseId}`));
}

/** Ends all leases of a task that has ended otherwise: what runs is revoked, what was answered is not needed, but for what is kept. */
export function closeLeases(
  state: CoordinatorState,
  task: Task,
  {
    reason,
    turn,
    keep = [],
  }: { readonly reason: Reason; readonly turn: CoordinatorTurn; readonly keep?: readonly LeaseId[] },
): void {
  for (const lease of leasesOf(state, task)) {
    const { leaseId, taskSpec, attempt } = lease;
    if (keep.includes(leaseId)) continue;
    if (isLive(lease.state)) {
      turn.record({ type: "leaseRevoked", leaseId, reason, at: turn.now });
      state.presence.progress.delete(leaseId);
      giveSlotBack(state, lease, turn);
      mailTo(turn, lease.worker).revokes.push({ leaseId, reason: reason.code });
    } else if (lease.state === "revealed") {
      turn.record({ type: "leaseSettled", leaseId, verdict: "unneeded", reason, at: turn.now });
      mailTo(turn, lease.worker).verdicts.push({
        leaseId,
        taskSpec,
        attempt,
        verdict: "unneeded",
        reason: reason.code,
      });
    }
  }
}

/** Cancels a task of a job that has ended. */
export function cancelTask(
  state: CoordinatorState,
  task: Task,
  { job, turn }: { job: Job; turn: CoordinatorTurn },
): void {
  const reason = job.reason ?? { code: "jobOver", message: "the job has ended" };
  closeLeases(state, task, { reason: { code: "jobOver", message: reason.message }, turn });
  turn.record({ type: "taskCancelled", taskId: task.taskId, reason, at: turn.now });
}

/** Every task of the job that exists, by index, reduce last. */
export function tasksOf(state: CoordinatorState, { jobId, taskCount, mapQueued }: Job): readonly Task[] {
  const found: Task[] = [];
  for (let index = 0; index < taskCount && found.length < mapQueued; index += 1) {
    const task = state.ledger.tasks.get(taskIdOf({ jobId, step: mapStep, index }));
    if (task !== undefined) found.push(task);
  }
  const reduce = state.ledger.tasks.get(taskIdOf({ jobId, step: reduceStep, index: 0 }));
  return reduce === undefined ? found : [...found, reduce];
}
