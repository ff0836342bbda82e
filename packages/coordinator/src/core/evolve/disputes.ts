// Facts of disputes: what is wanted, what was handed to the sender, what was refused, and how each fine ended.
import { assertNever, present } from "@starling/kernel";
import type { LeaseId } from "@starling/protocol";
import type { DisputeFact } from "../fact.ts";
import { type Dispute, newDispute } from "../ledger/dispute.ts";
import type { Escrow } from "../ledger/escrow.ts";
import type { FineDue } from "../ledger/operator.ts";
import type { CoordinatorState } from "../state.ts";
import { endFine } from "./fines.ts";

/** Applies a fact of a dispute or of a fine. */
export function evolveDispute(state: CoordinatorState, fact: DisputeFact): void {
  const escrow = present(state.ledger.escrows.get(fact.escrowId), `escrow ${fact.escrowId}`);
  switch (fact.type) {
    case "fineCollected": {
      const { leaseId, amount, at } = fact;
      endFine(state, escrow, { leaseId, outcome: { kind: "collected", amount, at }, isFree: true });
      return;
    }
    case "fineRefused": {
      const { leaseId, reason, isAcquitted, at } = fact;
      endFine(state, escrow, { leaseId, outcome: { kind: "refused", reason, at }, isFree: isAcquitted });
      return;
    }
    case "disputeWanted":
      want(state, fact);
      return;
    case "slashIntended":
      escrow.nextIntent += 1;
      dueOf(escrow, fact).slash = { intentId: fact.intentId, refused: null, retryAt: null };
      return;
    case "slashRefused": {
      const due = dueOf(escrow, fact);
      due.slash = { intentId: due.slash?.intentId ?? "", refused: fact.reason, retryAt: fact.retryAt };
      return;
    }
    default:
      evolveStep(disputeOf(state, fact), escrow, fact);
  }
}

type StepFact = Exclude<
  DisputeFact,
  { readonly type: "fineCollected" | "fineRefused" | "disputeWanted" | "slashIntended" | "slashRefused" }
>;

function evolveStep(dispute: Dispute, escrow: Escrow, fact: StepFact): void {
  switch (fact.type) {
    case "disputeStepIntended":
      escrow.nextIntent += 1;
      dispute.step = { what: fact.what, intentId: fact.intentId };
      dispute.refused = null;
      return;
    case "implicationIntended": {
      escrow.nextIntent += 1;
      const accusation = present(dispute.accused.get(fact.leaseId), `accusation of ${fact.leaseId}`);
      accusation.intentId = fact.intentId;
      accusation.refused = null;
      return;
    }
    case "disputeRefused": {
      const { intentId, reason, retryAt } = fact;
      if (dispute.step?.intentId === intentId) {
        dispute.step = null;
        dispute.refused = { reason, retryAt };
      }
      for (const accusation of dispute.accused.values())
        if (accusation.intentId === intentId) {
          accusation.refused = reason;
          accusation.retryAt = retryAt;
        }
      return;
    }
    case "disputeEnded":
      dispute.isOver = true;
      return;
    default:
      assertNever(fact, "fact of a dispute");
  }
}

// Somebody else may have opened it before.
function want(state: CoordinatorState, fact: Extract<DisputeFact, { type: "disputeWanted" }>): void {
  const { disputeId, escrowId, taskSpec, taskId, leaseId, at } = fact;
  const dispute = state.ledger.disputes.get(disputeId) ?? newDispute({ disputeId, escrowId, taskSpec, taskId }, at);
  state.ledger.disputes.set(disputeId, dispute);
  dispute.taskId = taskId;
  dispute.accused.set(leaseId, { leaseId, intentId: null, refused: null });
}

function dueOf({ finesDue }: Escrow, { leaseId }: { readonly leaseId: LeaseId }): FineDue {
  return present(finesDue.get(leaseId), `fine of ${leaseId}`);
}

function disputeOf({ ledger }: CoordinatorState, { disputeId }: StepFact): Dispute {
  return present(ledger.disputes.get(disputeId), `dispute ${disputeId}`);
}
