// The steps of a dispute: opened while the pledge stands, signers held to their answers, a jury drawn, a ruling asked for, and its outcome noted.
import { type Millis, present } from "@starling/kernel";
import type { ChainCall, LeaseId } from "@starling/protocol";
import type { Reason } from "../fact.ts";
import { type Accusation, answerKey, type Dispute } from "../ledger/dispute.ts";
import type { Escrow } from "../ledger/escrow.ts";
import type { Lease } from "../ledger/lease.ts";
import { canIntend, intendCall, isUnderWay } from "../money/bridge.ts";
import { chainSeconds } from "../money/clock.ts";
import type { CoordinatorState } from "../state.ts";
import type { CoordinatorTurn } from "../turn.ts";
import { concludeFines, refuseFines } from "./conclude.ts";
import { reviewEquivocations } from "./equivocation.ts";
import { finableUntil } from "./pledged.ts";
import { stageOf } from "./stage.ts";
import { statementOf } from "./statement.ts";

/** Takes every step that is due in the disputes of an escrow. */
export function reviewDisputes(state: CoordinatorState, escrow: Escrow, turn: CoordinatorTurn): void {
  for (const dispute of openDisputes(state, escrow)) review(state, escrow, { dispute, turn });
  reviewEquivocations(state, escrow, turn);
}

/** Disputes of an escrow of which something can still come, oldest first. */
export function openDisputes(state: CoordinatorState, { escrowId }: Escrow): readonly Dispute[] {
  return [...state.ledger.disputes.values()].filter((one) => one.escrowId === escrowId && !one.isOver);
}

/** Whether a dispute is about to be opened: the work of its escrow is not ended before, since that ends the time for it. */
export function isOpening(state: CoordinatorState, escrow: Escrow): boolean {
  return openDisputes(state, escrow).some(
    ({ chain, step, refused }) => chain.opensAtSeconds === null && step !== null && refused === null,
  );
}

interface Review {
  readonly dispute: Dispute;
  readonly turn: CoordinatorTurn;
}

function review(state: CoordinatorState, escrow: Escrow, { dispute, turn }: Review): void {
  const { stage } = stageOf(state, dispute);
  if (stage === "resolved") {
    concludeFines(state, dispute, turn);
    return;
  }
  const isLate = stage === "wanted" && chainSeconds(state, turn.now) >= disputableUntil(state, escrow, dispute);
  if (isLate && !isStepUnderWay(state, dispute)) {
    refuseFines(dispute, { reason: tooLate(dispute), turn });
    return;
  }
  if (stage === "wanted" || stage === "evidence") implicate(state, escrow, { dispute, turn });
  if (isStepUnderWay(state, dispute)) return;
  if (dispute.refused !== null && dispute.refused.retryAt > turn.now) {
    state.index.timers.push({ at: dispute.refused.retryAt, kind: "escrow", id: escrow.escrowId });
    return;
  }
  const { disputeId } = dispute;
  if (stage === "wanted") open(state, escrow, { dispute, turn });
  // Whoever wants a ruling on somebody else's question draws its jury himself; its end frees the pledges that it holds.
  else if (stage === "drawing" && dispute.accused.size > 0 && isDrawable(state, dispute))
    take(state, escrow, { dispute, what: "draw", call: { kind: "draw", disputeId }, turn });
  else if (stage === "ripe")
    take(state, escrow, { dispute, what: "resolve", call: { kind: "resolve", disputeId }, turn });
}

// The first call fixes a block to come; its hash exists from the block after it on.
function isDrawable({ presence }: CoordinatorState, { chain, refused }: Dispute): boolean {
  // Seats are counted as they were before the dispute began: another try would find no more.
  if (refused !== null && refused.reason.code === "noJury") return false;
  return chain.seedBlock === null || (presence.sender.head?.number ?? 0) >= chain.seedBlock;
}

function isStepUnderWay(state: CoordinatorState, { step }: Dispute): boolean {
  return step !== null && isUnderWay(state, step.intentId);
}

// The first answer's: that of its signer is what the opening is about.
function disputableUntil(state: CoordinatorState, escrow: Escrow, { accused }: Dispute): number {
  const [leaseId] = accused.keys();
  const operator = leaseId === undefined ? undefined : state.ledger.leases.get(leaseId)?.operator;
  return operator === undefined ? 0 : finableUntil(state, escrow, operator);
}

function tooLate({ refused }: Dispute): Reason {
  const message = "the pledge behind the answer, or the time to dispute it, was over before a dispute was open";
  return {
    code: "tooLate",
    message: refused === null ? message : `${message}; before that: ${refused.reason.message}`,
  };
}

function open(state: CoordinatorState, escrow: Escrow, { dispute, turn }: Review): void {
  const [first] = dispute.accused.keys();
  if (first === undefined || isFull(state)) return;
  const { escrowId, taskSpec } = dispute;
  const call = { kind: "openOnReceipt", escrowId, taskSpec, statement: statementIn(state, first) } as const;
  take(state, escrow, { dispute, what: "open", call, turn });
  implicate(state, escrow, { dispute, turn });
}

// Each ties up a bond of the coordinator's own money until it is over.
function isFull({ ledger, config }: CoordinatorState): boolean {
  let standing = 0;
  for (const { isOver, step, chain } of ledger.disputes.values())
    if (!isOver && (step !== null || chain.challenger === config.coordinator)) standing += 1;
  return standing >= config.policy.disputesMax;
}

interface Step extends Review {
  readonly what: "open" | "draw" | "resolve";
  readonly call: ChainCall;
}

function take(state: CoordinatorState, escrow: Escrow, { dispute, what, call, turn }: Step): void {
  const { escrowId, disputeId } = dispute;
  if (!canIntend(state)) {
    state.index.timers.push({ at: turn.now + state.config.policy.chainRetryMs, kind: "escrow", id: escrowId });
    return;
  }
  const intentId = `dispute/${escrowId}/${escrow.nextIntent}`;
  turn.record({ type: "disputeStepIntended", escrowId, disputeId, what, intentId });
  intendCall(state, { intentId, call }, turn);
}

// The opening holds its own signer; everybody else who was caught with the task is named behind it, while evidence is taken.
function implicate(state: CoordinatorState, escrow: Escrow, { dispute, turn }: Review): void {
  const { chain, step, disputeId } = dispute;
  if (chain.opensAtSeconds === null && step === null) return;
  const isOwn = chain.challenger === null || chain.challenger === state.config.coordinator;
  const [first] = dispute.accused.keys();
  for (const accusation of dispute.accused.values()) {
    const { leaseId } = accusation;
    if (isOwn && leaseId === first) continue;
    if (isHeld(state, dispute, accusation) || !mayBeNamed(accusation, turn.now)) continue;
    if (accusation.intentId !== null && isUnderWay(state, accusation.intentId)) continue;
    if (!canIntend(state)) return;
    const { escrowId } = escrow;
    const intentId = `dispute/${escrowId}/${escrow.nextIntent}`;
    turn.record({ type: "implicationIntended", escrowId, disputeId, leaseId, intentId });
    const statement = statementIn(state, leaseId);
    intendCall(state, { intentId, call: { kind: "implicate", disputeId, statement } }, turn);
  }
}

// Each block looks again, so that whoever was named before the opening was mined is named behind it, as long as evidence is taken.
function mayBeNamed({ refused, retryAt = 0 }: Accusation, now: Millis): boolean {
  return refused === null || (refused.code !== "notDisputable" && retryAt <= now);
}

function isHeld(state: CoordinatorState, { chain }: Dispute, { leaseId }: Accusation): boolean {
  return chain.held.includes(answerKey(leaseOf(state, leaseId)));
}

function statementIn(state: CoordinatorState, leaseId: LeaseId) {
  const lease = leaseOf(state, leaseId);
  return statementOf(lease, present(lease.answer, `answer of ${leaseId}`));
}

function leaseOf({ ledger }: CoordinatorState, leaseId: LeaseId): Lease {
  return present(ledger.leases.get(leaseId), `lease ${leaseId}`);
}
