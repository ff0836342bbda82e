// Poison: a program that fails in the same way wherever it runs is not tried any further.
import { present } from "@starling/kernel";
import type { Reason } from "../fact.ts";
import type { Task } from "../ledger/job.ts";
import type { CoordinatorState } from "../state.ts";
import type { CoordinatorTurn } from "../turn.ts";
import { failJob } from "./job.ts";
import { closeLeases, leasesOf } from "./task.ts";

/** The same application failure on enough distinct operators: the task is quarantined with its logs, and its job fails. */
export function poisonedBy(
  state: CoordinatorState,
  task: Task,
  { reason, turn }: { readonly reason: Reason; readonly turn: CoordinatorTurn },
): boolean {
  const operators = new Set<string>();
  for (const lease of leasesOf(state, task)) {
    if (lease.fault === "application" && lease.reason?.code === reason.code) operators.add(lease.operator);
  }
  if (operators.size < state.config.policy.poisonOperators) return false;
  const job = present(state.ledger.jobs.get(task.jobId), `job ${task.jobId}`);
  const message = `task ${task.step}/${task.index} failed on ${operators.size} operators: ${reason.message}`;
  closeLeases(state, task, { reason: { code: "poison", message }, turn });
  turn.record({ type: "taskPoisoned", taskId: task.taskId, reason: { code: reason.code, message }, at: turn.now });
  failJob(state, job, { reason: { code: "poison", message }, turn });
  return true;
}
