// The end of a dispute: what the court took of each fine, or why it took nothing.
import { present } from "@starling/kernel";
import { type LeaseId, resultHashOf } from "@starling/protocol";
import type { Reason } from "../fact.ts";
import { answerKey, type Dispute } from "../ledger/dispute.ts";
import type { CoordinatorState } from "../state.ts";
import type { CoordinatorTurn } from "../turn.ts";

/** Notes what a ruling made of every fine that was wanted. All of its logs are confirmed with it, since they are of one transaction. */
export function concludeFines(state: CoordinatorState, dispute: Dispute, turn: CoordinatorTurn): void {
  const { escrowId, disputeId } = dispute;
  const fines = state.ledger.escrows.get(escrowId)?.finesDue;
  for (const leaseId of dispute.accused.keys()) {
    // Two signed answers may have been fined meanwhile.
    if (fines?.get(leaseId)?.outcome != null) continue;
    const lease = present(state.ledger.leases.get(leaseId), `lease ${leaseId}`);
    const taken = dispute.chain.taken.find(({ key }) => key === answerKey(lease));
    if (taken !== undefined)
      turn.record({ type: "fineCollected", escrowId, leaseId, amount: taken.amount, at: turn.now });
    else {
      const { isAcquitted, reason } = whyNothing(state, dispute, leaseId);
      turn.record({ type: "fineRefused", escrowId, leaseId, reason, isAcquitted, at: turn.now });
    }
  }
  turn.record({ type: "disputeEnded", escrowId, disputeId, at: turn.now });
}

function whyNothing(
  state: CoordinatorState,
  { chain }: Dispute,
  leaseId: LeaseId,
): { readonly isAcquitted: boolean; readonly reason: Reason } {
  const { verdict, outcome } = present(chain.ruling, "ruling");
  const lease = present(state.ledger.leases.get(leaseId), `lease ${leaseId}`);
  const digest = present(lease.answer, `answer of ${leaseId}`).digest;
  if (outcome === "undecided") {
    const message =
      chain.drawnAtSeconds === null
        ? "no jury was drawn in its time, for want of seats that have no part in the dispute or since nobody asked for it"
        : "no answer had a majority of the jury";
    return { isAcquitted: false, reason: { code: "undecided", message } };
  }
  if (resultHashOf(lease.taskSpec, digest) === verdict)
    return { isAcquitted: true, reason: { code: "rightAnswer", message: "the jury found this answer to be right" } };
  if (!chain.held.includes(answerKey(lease)))
    return {
      isAcquitted: false,
      reason: { code: "notHeld", message: "its signer was not named while evidence was taken" },
    };
  return { isAcquitted: false, reason: { code: "nothingLeft", message: "nothing was left of the pledge" } };
}

/** Gives up a dispute that was never opened. */
export function refuseFines(
  { escrowId, disputeId, accused }: Dispute,
  { reason, turn }: { readonly reason: Reason; readonly turn: CoordinatorTurn },
): void {
  for (const leaseId of accused.keys())
    turn.record({ type: "fineRefused", escrowId, leaseId, reason, isAcquitted: false, at: turn.now });
  turn.record({ type: "disputeEnded", escrowId, disputeId, at: turn.now });
}
