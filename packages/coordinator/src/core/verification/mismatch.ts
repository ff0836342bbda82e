// Who decides when answers differ: the payer's referee where one is at hand, else fresh replicas on unused operators.
import { present } from "@starling/kernel";
import type { Reason } from "../fact.ts";
import { stepKey } from "../indexes/index-state.ts";
import type { Task } from "../ledger/job.ts";
import { leasesOf } from "../lifecycle/task.ts";
import { isReferee, unfitAsReferee } from "../scheduling/eligibility.ts";
import type { CoordinatorState } from "../state.ts";
import type { CoordinatorTurn } from "../turn.ts";

/** Who takes over, and how many leases that needs. */
export interface ResolverChoice {
  readonly resolver: "referee" | "freshReplicas";
  readonly wanted: number;
  readonly reason: Reason;
}

/** Chooses after a mismatch. A connected referee is waited for, even if it is busy. */
export function nextResolver(state: CoordinatorState, task: Task, now: number): ResolverChoice {
  const job = present(state.ledger.jobs.get(task.jobId), `job ${task.jobId}`);
  // A referee that made an audit has answered already.
  const hasAnswered = leasesOf(state, task).some(({ role, answer }) => role === "referee" && answer !== null);
  if (hasAnswered || hasReferee(state, task, now)) {
    return {
      resolver: "referee",
      wanted: 1,
      reason: { code: "mismatch", message: "answers differ; the referee decides" },
    };
  }
  const wanted = job.replicas + 1;
  const message = `answers differ and no referee is here; ${wanted} fresh replicas must agree`;
  return { resolver: "freshReplicas", wanted, reason: { code: "mismatch", message } };
}

/** The referee's way failed: fresh replicas decide instead. */
export function askFreshReplicas(
  task: Task,
  { replicas, reason }: { readonly replicas: number; readonly reason: Reason },
  turn: CoordinatorTurn,
): void {
  const replicasWanted = replicas + 1;
  const { taskId } = task;
  turn.record({ type: "mismatchFound", taskId, resolver: "freshReplicas", replicasWanted, reason, at: turn.now });
  turn.changed.steps.add(stepKey(task.jobId, task.step));
}

/** Whether a worker of the payer, or of somebody whom he trusts, is connected and can run the task. One that lost a lease of it does not count. */
export function hasReferee(state: CoordinatorState, task: Task, now: number): boolean {
  const job = present(state.ledger.jobs.get(task.jobId), `job ${task.jobId}`);
  const lost = new Set(leasesOf(state, task).map((lease) => (lease.role === "referee" ? lease.worker : null)));
  for (const worker of state.ledger.workers.values()) {
    if (!isReferee(job, worker.operator) || lost.has(worker.worker)) continue;
    if (unfitAsReferee(state, worker, { job, step: task.step, now }) === null) return true;
  }
  return false;
}
