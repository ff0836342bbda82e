// A transaction of a dispute was refused for good: what that means, and when the step is tried again.
import { minute } from "@starling/kernel";
import type { EscrowId } from "@starling/protocol";
import type { Reason } from "../fact.ts";
import type { Dispute } from "../ledger/dispute.ts";
import type { CoordinatorState } from "../state.ts";
import type { CoordinatorTurn } from "../turn.ts";
import { refuseFines } from "./conclude.ts";

interface Refusal {
  readonly escrowId: EscrowId;
  readonly intentId: string;
  /** The contract's error, with its arguments. */
  readonly reason: string;
}

/** Somebody has to bring money before another try can do better. */
const bondRetryMs = minute;

/** Notes the refusal of an opening, an implication, a draw or a ruling. */
export function disputeRefused(
  state: CoordinatorState,
  { escrowId, intentId, reason: text }: Refusal,
  turn: CoordinatorTurn,
): void {
  const dispute = [...state.ledger.disputes.values()].find((one) => isOf(one, intentId));
  if (dispute === undefined || dispute.isOver) return;
  const isOpening = dispute.step?.intentId === intentId && dispute.step.what === "open";
  const reason = reasonOf(text);
  const retryAt = turn.now + (reason.code === "bondUnpaid" ? bondRetryMs : state.config.policy.chainRetryMs);
  turn.record({ type: "disputeRefused", escrowId, disputeId: dispute.disputeId, intentId, reason, retryAt });
  turn.changed.escrows.add(escrowId);
  if (isOpening && reason.code === "notDisputable") refuseFines(dispute, { reason, turn });
}

function isOf({ step, accused }: Dispute, intentId: string): boolean {
  return step?.intentId === intentId || [...accused.values()].some((one) => one.intentId === intentId);
}

function reasonOf(text: string): Reason {
  if (/CourtNoJury/.test(text))
    return { code: "noJury", message: `too few seats of the jury pool have no part in the dispute: ${text}` };
  if (/InsufficientBalance|InsufficientAllowance/.test(text))
    return { code: "bondUnpaid", message: `the coordinator's account can't pay the challenger's bond: ${text}` };
  if (/Court(NothingAtStake|BadProof|BadSignature|UnknownWorker)/.test(text))
    return { code: "notDisputable", message: `the court does not take this answer: ${text}` };
  return { code: "transactionFailed", message: text };
}
