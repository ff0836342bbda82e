// Rule 4: whoever is caught is out of the job, owes its fine, is on probation again, and all that it did lately is checked again.
import { wantDispute } from "../disputes/want.ts";
import type { Reason } from "../fact.ts";
import type { Lease } from "../ledger/lease.ts";
import { banOperator } from "../lifecycle/ban.ts";
import type { CoordinatorState } from "../state.ts";
import type { CoordinatorTurn } from "../turn.ts";
import { reviewResult } from "./audit.ts";

/** The operator of a lease was caught with it. */
export function catchOperator(
  state: CoordinatorState,
  lease: Lease,
  { reason, turn }: { readonly reason: Reason; readonly turn: CoordinatorTurn },
): void {
  if (lease.caught !== null) return;
  const { operator, worker, leaseId, escrowId, fine, fineHeld } = lease;
  const at = turn.now;
  turn.record({ type: "operatorCaught", operator, worker, leaseId, reason, at });
  // What no pledge stands for any more can't be collected.
  if (fineHeld && fine > 0n) {
    turn.record({ type: "fineDue", escrowId, operator, worker, leaseId, amount: fine, at });
    wantDispute(state, lease, turn);
  }
  banOperator(state, lease, { reason, turn });
  for (const taskId of [...(state.index.unsettledOf.get(operator) ?? [])]) {
    const task = state.ledger.tasks.get(taskId);
    if (task !== undefined) reviewResult(state, task, turn);
  }
}
