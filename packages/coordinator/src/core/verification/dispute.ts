// Nobody can say which of a task's answers is right.
import { present } from "@starling/kernel";
import type { Reason } from "../fact.ts";
import type { Task } from "../ledger/job.ts";
import { failJob } from "../lifecycle/job.ts";
import { closeLeases } from "../lifecycle/task.ts";
import type { CoordinatorState } from "../state.ts";
import type { CoordinatorTurn } from "../turn.ts";

/** Ends a task on whose answers nobody decides, and its job: the chain's jury may, if somebody asks it. */
export function disputeTask(
  state: CoordinatorState,
  task: Task,
  { reason, turn }: { readonly reason: Reason; readonly turn: CoordinatorTurn },
): void {
  closeLeases(state, task, { reason, turn });
  turn.record({ type: "taskDisputed", taskId: task.taskId, reason, at: turn.now });
  const job = present(state.ledger.jobs.get(task.jobId), `job ${task.jobId}`);
  failJob(state, job, { reason, turn });
}
