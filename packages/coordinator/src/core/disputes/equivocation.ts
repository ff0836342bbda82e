// Two answers that a worker signed for one attempt: the court fines them by the signatures alone, without a dispute.
import { present } from "@starling/kernel";
import type { Address, EscrowId, LeaseId } from "@starling/protocol";
import type { Reason } from "../fact.ts";
import type { Escrow } from "../ledger/escrow.ts";
import type { Answer, Lease } from "../ledger/lease.ts";
import type { FineDue } from "../ledger/operator.ts";
import { canIntend, intendCall, isUnderWay } from "../money/bridge.ts";
import { chainSeconds } from "../money/clock.ts";
import type { CoordinatorState } from "../state.ts";
import type { CoordinatorTurn } from "../turn.ts";
import { finableUntil } from "./pledged.ts";
import { statementOf } from "./statement.ts";

/** Has every pair of answers fined whose fine is not settled. */
export function reviewEquivocations(state: CoordinatorState, escrow: Escrow, turn: CoordinatorTurn): void {
  for (const due of escrow.finesDue.values()) {
    const lease = state.ledger.leases.get(due.leaseId);
    if (due.outcome !== null || lease?.secondAnswer === undefined || lease.answer === null) continue;
    review(state, escrow, { due, lease, answer: lease.answer, turn });
  }
}

interface Pair {
  readonly due: FineDue;
  readonly lease: Lease;
  readonly answer: Answer;
  readonly turn: CoordinatorTurn;
}

function review(state: CoordinatorState, escrow: Escrow, { due, lease, answer, turn }: Pair): void {
  const { escrowId } = escrow;
  const { leaseId, slash } = due;
  if (slash !== undefined && slash.refused === null && isUnderWay(state, slash.intentId)) return;
  if (chainSeconds(state, turn.now) >= finableUntil(state, escrow, lease.operator)) {
    // Nothing is owed any more where the court has taken it; else the pledge stays bound, as far as anything of it is left.
    const isDone = slash?.refused?.code === finedBefore;
    const reason = isDone && slash.refused !== null ? slash.refused : tooLate;
    turn.record({ type: "fineRefused", escrowId, leaseId, reason, isAcquitted: isDone, at: turn.now });
    return;
  }
  if (slash?.retryAt != null && slash.retryAt > turn.now) {
    state.index.timers.push({ at: slash.retryAt, kind: "escrow", id: escrowId });
    return;
  }
  if (!canIntend(state)) return;
  const one = statementOf(lease, answer);
  const other = statementOf(lease, present(lease.secondAnswer, "second answer"));
  const intentId = `slash/${escrowId}/${escrow.nextIntent}`;
  turn.record({ type: "slashIntended", escrowId, leaseId, intentId });
  const call = { kind: "slashEquivocation", escrowId, taskSpec: lease.taskSpec, one, other } as const;
  intendCall(state, { intentId, call }, turn);
}

const finedBefore = "finedBefore";

const tooLate: Reason = {
  code: "tooLate",
  message: "the pledge behind both answers was over before they could be shown",
};

// What a block that is not deep enough has done may be undone, so that this is no end: the call is tried until it is too late.
function reasonOf(text: string): Reason {
  if (!/CourtNothingDue/.test(text)) return { code: "transactionFailed", message: text };
  return {
    code: finedBefore,
    message: "the court has taken the fine for this attempt already: somebody else showed both answers first",
  };
}

/** The fine that a log of the court took for two answers; undefined when it is of something else. */
export function slashedFine(
  { ledger }: CoordinatorState,
  of: { readonly escrowId: EscrowId; readonly worker: Address; readonly attempt: number },
): LeaseId | undefined {
  for (const { leaseId, worker, slash } of ledger.escrows.get(of.escrowId)?.finesDue.values() ?? [])
    if (slash !== undefined && worker === of.worker && ledger.leases.get(leaseId)?.attempt === of.attempt)
      return leaseId;
  return undefined;
}

/** The call was refused: somebody else may have shown both answers, and the chain tells. */
export function slashRefused(
  state: CoordinatorState,
  { escrowId, intentId, reason }: { readonly escrowId: EscrowId; readonly intentId: string; readonly reason: string },
  turn: CoordinatorTurn,
): void {
  const due = [...(state.ledger.escrows.get(escrowId)?.finesDue.values() ?? [])].find(
    ({ slash }) => slash?.intentId === intentId,
  );
  if (due === undefined || due.outcome !== null) return;
  const retryAt = turn.now + state.config.policy.chainRetryMs;
  turn.record({ type: "slashRefused", escrowId, leaseId: due.leaseId, reason: reasonOf(reason), retryAt });
  turn.changed.escrows.add(escrowId);
}
