// Who may look at what others said: operators with something at stake come first, since names are free and strangers confirm each other.
import { stepKey } from "../indexes/index-state.ts";
import { openAudit, type Task } from "../ledger/job.ts";
import type { Worker } from "../ledger/worker.ts";
import type { CoordinatorState } from "../state.ts";
import { backs, hasBacker } from "../verification/backing.ts";
import { lookAgain, type Search } from "./placement.ts";

/**
 * The workers that may take the lease now: of an audit or a fresh replica those whose pledge covers the fine, nobody as long as such a one
 * is here and could take it soon, and all of them when that did not happen in time.
 */
export function backedWorkers(
  state: CoordinatorState,
  task: Task,
  { workers, search }: { readonly workers: readonly Worker[]; readonly search: Search },
): readonly Worker[] {
  if (workers.length === 0 || (openAudit(task) === null && task.resolver !== "freshReplicas")) return workers;
  const { opening, turn } = search;
  const backed = workers.filter((worker) => backs(state, opening.job, worker));
  if (backed.length > 0) return backed;
  const until = task.since + state.config.policy.backingWaitMs;
  if (until <= turn.now || !hasBacker(state, task, opening.job)) return workers;
  lookAgain(state, stepKey(task.jobId, task.step), until);
  return [];
}
