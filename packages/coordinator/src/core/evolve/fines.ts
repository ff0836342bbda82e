// What counts against an operator's pledge: the fine of each lease from its offer until its result is settled; that of a caught one for ever.
import { present } from "@starling/kernel";
import type { MoneyFact } from "../fact.ts";
import { addAmount, type Escrow } from "../ledger/escrow.ts";
import type { Task } from "../ledger/job.ts";
import type { Lease } from "../ledger/lease.ts";
import type { CoordinatorState } from "../state.ts";

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
  escrow.finesDue.set(leaseId, { operator, worker, leaseId, amount, at });
}

function finesOf(state: CoordinatorState, { escrowId }: Lease): Escrow["fines"] {
  return present(state.ledger.escrows.get(escrowId), `escrow ${escrowId}`).fines;
}
