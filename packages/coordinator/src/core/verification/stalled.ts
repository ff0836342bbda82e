// Leases that are lost while a result stands: they may end an audit, and never the job whose answer was accepted before.
import { present } from "@starling/kernel";
import type { Reason } from "../fact.ts";
import { openAudit, type Task } from "../ledger/job.ts";
import { isLost } from "../lifecycle/tables.ts";
import { leasesOf, requeueTask } from "../lifecycle/task.ts";
import type { CoordinatorState } from "../state.ts";
import type { CoordinatorTurn } from "../turn.ts";
import { missAudit } from "./audit.ts";
import { disputeTask } from "./dispute.ts";
import { hasReferee } from "./mismatch.ts";

/**
 * Whether the check of an accepted result has lost so many leases that it is given up in this form. What was lost before the result was
 * accepted does not count, nor what was lost before answers differed; and the payer's own bound does not either, since his program has run.
 */
export function isStalled(state: CoordinatorState, task: Task): boolean {
  const audit = openAudit(task);
  if (audit === null) return false;
  const since = task.resolver === "agreement" ? audit.round : task.resolverRound;
  const lost = leasesOf(state, task).filter(
    (lease) => isLost(lease.state) && lease.state !== "declined" && lease.round >= since && lease.offeredAt >= audit.at,
  );
  return lost.length >= state.config.policy.failuresMax;
}

/** A referee makes the audit, or the result stands openly without it. Answers that differ can't stand: they are disputed as if nobody had come. */
export function endStalled(
  state: CoordinatorState,
  task: Task,
  { reason, turn }: { readonly reason: Reason; readonly turn: CoordinatorTurn },
): void {
  if (task.resolver !== "agreement") {
    const message = `answers differ, and those who were to decide were lost again and again, the last time: ${reason.message}`;
    disputeTask(state, task, { reason: { code: "disputed", message }, turn });
    return;
  }
  const { taskId } = task;
  // Nothing may hang on the set of the lease that was lost.
  requeueTask(task, { wanted: 1, reason }, turn);
  const message = `the audit was lost or failed again and again, the last time: ${reason.message}`;
  if (!hasReferee(state, task, turn.now)) {
    missAudit(state, task, { reason: { code: "auditStalled", message }, turn });
  } else if (present(openAudit(task), `audit of ${taskId}`).referred === false) {
    const referred = { code: "auditStalled", message: `${message}; a referee makes it` };
    turn.record({ type: "auditReferred", taskId, reason: referred, at: turn.now });
  }
}
