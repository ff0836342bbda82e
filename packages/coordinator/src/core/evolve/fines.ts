// What counts against an operator's pledge: the fine of each lease from its offer until its result is settled; that of a caught one for ever.
import { present } from "@starling/kernel";
import type { LeaseId } from "@starling/protocol";
import type { MoneyFact } from "../fact.ts";
import { addAmount, type Escrow } from "../ledger/escrow.ts";
import type { Task } from "../ledger/job.ts";
import type { Lease } from "../ledger/lease.ts";
import type { FineOutcome } from "../ledger/operator.ts";
import type { CoordinatorState } from "../state.ts";
import { noteUncovered } from "./pledges.ts";

/** Counts the fine of a new lease. */
export function holdFine(state: CoordinatorState, lease: Lease): void {
  lease.fineHeld = true;
  addAmount(finesOf(state, lease), lease.operator, lease.fine);
}

/** Counts it no more, unless it is owed. */
export function releaseFine(state: CoordinatorState, lease: Lease): void {
  if (!lease.fineHeld || lease.caught !== null) return;
  lease.fineHeld = false;
  addAmount(finesOf(state, lease), lease.operator, -lease.fine);
}

/** Nothing can become of the task's answers any more. */
export function releaseFines(state: CoordinatorState, task: Task): void {
  for (const leaseId of task.leases) {
    const lease = present(state.ledger.leases.get(leaseId), `lease ${leaseId}`);
    if (lease.state === "settled") releaseFine(state, lease);
  }
}

/** A fine is owed from now on. */
export function owedFine(escrow: Escrow, fact: Extract<MoneyFact, { type: "fineDue" }>): void {
  const { operator, worker, leaseId, amount, at } = fact;
  escrow.finesDue.set(leaseId, { operator, worker, leaseId, amount, at, outcome: null });
}

/** How a fine ended. With `isFree` it counts against the pledge no more: the court has taken it, or the answer was right. */
export function endFine(
  state: CoordinatorState,
  escrow: Escrow,
  { leaseId, outcome, isFree }: { readonly leaseId: LeaseId; readonly outcome: FineOutcome; readonly isFree: boolean },
): void {
  const due = escrow.finesDue.get(leaseId);
  if (due !== undefined) due.outcome = outcome;
  const lease = present(state.ledger.leases.get(leaseId), `lease ${leaseId}`);
  if (!isFree || !lease.fineHeld) return;
  lease.fineHeld = false;
  addAmount(escrow.fines, lease.operator, -lease.fine);
  noteUncovered(escrow, lease.operator, false);
}

/** A reorg took the ruling back: the fine is due as before. */
export function resumeFine(state: CoordinatorState, escrow: Escrow, leaseId: LeaseId): void {
  const due = escrow.finesDue.get(leaseId);
  if (due === undefined) return;
  due.outcome = null;
  const lease = present(state.ledger.leases.get(leaseId), `lease ${leaseId}`);
  if (lease.fineHeld) return;
  lease.fineHeld = true;
  addAmount(escrow.fines, lease.operator, lease.fine);
  noteUncovered(escrow, lease.operator, true);
}

function finesOf(state: CoordinatorState, { escrowId }: Lease): Escrow["fines"] {
  return present(state.ledger.escrows.get(escrowId), `escrow ${escrowId}`).fines;
}
