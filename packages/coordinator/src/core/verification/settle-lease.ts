// The end of a lease whose answer was ruled on: its verdict, and its pay.
import { present } from "@starling/kernel";
import { checkedFineOf, type LeaseId, trustTerms } from "@starling/protocol";
import type { LeaseVerdict, Reason } from "../fact.ts";
import type { Lease } from "../ledger/lease.ts";
import { type CoordinatorState, planted } from "../state.ts";
import { type CoordinatorTurn, mailTo } from "../turn.ts";

/** Why a winner is paid. */
export const agreed: Reason = { code: "accepted", message: "the answer stands" };

/**
 * Whether an answer stands on the word of one worker whom no sufficient fine deters. It is paid with its check and not before: pay is never
 * taken back, so whoever has nothing at stake would answer anything, be paid, and come back under another name.
 */
export function isUnproven(state: CoordinatorState, lease: Lease, winners: readonly LeaseId[]): boolean {
  if (!lease.checked || winners.length > 1 || winners[0] !== lease.leaseId) return false;
  const job = present(state.ledger.jobs.get(lease.jobId), `job ${lease.jobId}`);
  return lease.fine < checkedFineOf(trustTerms(job.submission.spec.trust), lease.price);
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
  turn.record({ type: "payOwed", escrowId, worker, leaseId, amount: price });
  if (planted(state, "doublePay")) turn.record({ type: "payOwed", escrowId, worker, leaseId, amount: price });
  mail.vouchers.add(escrowId);
}
