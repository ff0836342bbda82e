// The end of a lease whose answer was ruled on: its verdict, and its pay.
import { present } from "@starling/kernel";
import type { LeaseId } from "@starling/protocol";
import type { LeaseVerdict, Reason } from "../fact.ts";
import type { Lease } from "../ledger/lease.ts";
import { setAside } from "../money/booking.ts";
import { type CoordinatorState, planted } from "../state.ts";
import { type CoordinatorTurn, mailTo } from "../turn.ts";
import { isUnderfined, lacksBacking } from "./backing.ts";

/** Why a winner is paid. */
export const agreed: Reason = { code: "accepted", message: "the answer stands" };

/**
 * Whether an answer stands on the word of workers alone whom no sufficient fine deters. It is paid with its check and not before: pay is never
 * taken back, so whoever has nothing at stake would answer anything, be paid, and come back under another name.
 */
export function isUnproven(state: CoordinatorState, lease: Lease, winners: readonly LeaseId[]): boolean {
  if (!winners.includes(lease.leaseId) || !isUnderfined(state, lease)) return false;
  if (winners.length === 1) return true;
  const leases = winners.map((leaseId) => present(state.ledger.leases.get(leaseId), `lease ${leaseId}`));
  return lacksBacking(state, present(state.ledger.tasks.get(lease.taskId), `task ${lease.taskId}`), leases);
}

/** How a lease ends. */
interface Settlement {
  readonly verdict: LeaseVerdict;
  readonly reason: Reason;
  readonly turn: CoordinatorTurn;
}

/** Ends a revealed lease: what was held for it is owed, or free again. */
export function settleLease(state: CoordinatorState, lease: Lease, { verdict, reason, turn }: Settlement): void {
  const { leaseId, taskSpec, attempt, worker, escrowId, price } = lease;
  turn.record({ type: "leaseSettled", leaseId, verdict, reason, at: turn.now });
  const mail = mailTo(turn, worker);
  mail.verdicts.push({ leaseId, taskSpec, attempt, verdict, reason: reason.code });
  const isPaid = verdict === "accepted" || (verdict === "rejected" && planted(state, "payLoser"));
  if (!isPaid || price === 0n) return;
  setAside(state, { escrowId, worker, amount: price }, turn);
  turn.record({ type: "payOwed", escrowId, worker, leaseId, amount: price });
  if (planted(state, "doublePay")) turn.record({ type: "payOwed", escrowId, worker, leaseId, amount: price });
  mail.vouchers.add(escrowId);
}
