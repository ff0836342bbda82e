// Where a job's money comes from: what the payer's escrow still holds, or what its own order brings.
import { type Outcome, rejected } from "@starling/kernel";
import {
  type Address,
  type EscrowId,
  formatAmount,
  type JobSubmission,
  minimumBudget as leastBudget,
} from "@starling/protocol";
import type { Funding } from "../fact.ts";
import type { Escrow } from "../ledger/escrow.ts";
import type { Job } from "../ledger/job.ts";
import { type CoordinatorState, isChainless } from "../state.ts";
import type { CoordinatorTurn } from "../turn.ts";
import { freeMoney } from "./amounts.ts";
import { canIntend, intendCall } from "./bridge.ts";

/** Which escrow pays, and how it gets the money. */
export interface FundingPlan {
  readonly escrowId: EscrowId;
  readonly funding: Funding;
  /** Until when the job may run. */
  readonly deadlineAt: number;
}

/** The least budget that pays every replica, and the audits that may be drawn, at the price cap. */
export function minimumBudget(submission: JobSubmission): bigint {
  return leastBudget(submission.spec, submission.perTaskMax);
}

/** Plans the funding of a new job, or says why there is none. */
export function planFunding(state: CoordinatorState, submission: JobSubmission, now: number): FundingPlan | Outcome {
  const { order, permit, newEscrowId, payer } = submission;
  const escrow = lastingEscrow(state, payer, now);
  const reserved = escrow === undefined ? null : reservation(state, escrow, { submission, now });
  // An escrow that ends before the job wants to is prolonged by the job's own order, if that can bring money.
  // Without a chain the payer's order is all that his money takes.
  const bringsMoney = permit !== null || isChainless(state);
  const cutsShort = reserved !== null && reserved.deadlineAt < submission.deadlineAt && bringsMoney;
  if (reserved !== null && !cutsShort) return reserved;
  const free = escrow === undefined ? 0n : freeMoney(state, escrow);
  if (!bringsMoney) {
    const has =
      escrow === undefined
        ? "there is no open escrow of this payer"
        : `the payer's escrow has ${formatAmount(free)} free`;
    return rejected("escrowUnfunded", `the job needs ${formatAmount(order.budget)}, and ${has}; sign a token permit`, [
      { field: "permit", description: "is missing" },
    ]);
  }
  if (isUsed(state, escrow, newEscrowId)) {
    return rejected("orderMismatch", "this order was used already; sign one with another salt");
  }
  if (!canIntend(state)) return rejected("overloaded", "too many transactions wait; try again in a minute");
  const endsAt = Math.max(order.deadline, escrow?.chain.deadlineSeconds ?? 0) * 1_000;
  const deadlineAt = Math.min(submission.deadlineAt, lastWorkAt(state, endsAt, now));
  if (deadlineAt <= now) return rejected("deadlinePassed", "the order ends before any result could be anchored");
  if (escrow === undefined) return { escrowId: newEscrowId, funding: "create", deadlineAt };
  return { escrowId: escrow.escrowId, funding: "topUp", deadlineAt };
}

// The payer's present escrow, unless it ends before anything could be added to it.
function lastingEscrow(state: CoordinatorState, payer: Address, now: number): Escrow | undefined {
  const escrow = state.ledger.escrows.get(state.ledger.escrowOfPayer.get(payer) ?? "0x");
  if (escrow === undefined) return undefined;
  let endsAt = escrow.chain.deadlineSeconds * 1_000;
  for (const jobId of escrow.openJobs.keys()) {
    const job = state.ledger.jobs.get(jobId);
    // As long as it does not exist, it will last as long as the order that opens it.
    if (job?.funding === "create") endsAt = Math.max(endsAt, job.submission.order.deadline * 1_000);
  }
  return endsAt - now > state.config.policy.anchorMarginMs ? escrow : undefined;
}

/**
 * The money of a job can't go where it was to go, through no fault of the job: its order opens an escrow of its own, or adds
 * to one that was opened meanwhile. False when there is no time left for either.
 */
export function moveFunding(state: CoordinatorState, job: Job, turn: CoordinatorTurn): boolean {
  const { now } = turn;
  const { order, newEscrowId, payer } = job.submission;
  const current = lastingEscrow(state, payer, now);
  const target = current?.escrowId === job.escrowId ? undefined : current;
  const endsAt = Math.max(order.deadline, target?.chain.deadlineSeconds ?? 0) * 1_000;
  const deadlineAt = Math.min(job.deadlineAt, lastWorkAt(state, endsAt, now));
  if (deadlineAt <= now || state.ledger.escrows.has(newEscrowId) || !canIntend(state)) return false;
  const escrowId = target?.escrowId ?? newEscrowId;
  if (target === undefined) turn.record({ type: "escrowOpened", escrowId, payer, at: now });
  const funding = target === undefined ? "create" : "topUp";
  turn.record({ type: "fundingMoved", jobId: job.jobId, escrowId, funding, deadlineAt, at: now });
  requestFunding(state, job, turn);
  turn.changed.escrows.add(escrowId);
  return true;
}

// Funded money needs no block: the warm path. The escrow must last long enough to anchor the results.
function reservation(
  state: CoordinatorState,
  escrow: Escrow,
  { submission, now }: { readonly submission: JobSubmission; readonly now: number },
): FundingPlan | null {
  if (escrow.chain.phase !== "open" || freeMoney(state, escrow) < submission.order.budget) return null;
  const { commitGraceMs } = state.config.policy;
  const endsAt = lastWorkAt(state, escrow.chain.deadlineSeconds * 1_000, now);
  // With less time than that the order's own deadline is the better one, if it comes with money.
  const isTight = endsAt < now + 2 * (submission.spec.map.limits.timeoutMs + commitGraceMs);
  if (isTight && endsAt < submission.deadlineAt) return null;
  return { escrowId: escrow.escrowId, funding: "reserved", deadlineAt: Math.min(submission.deadlineAt, endsAt) };
}

// What is accepted must be anchored before the escrow's deadline: a margin, or a quarter of what is left if that is less.
function lastWorkAt(state: CoordinatorState, endsAt: number, now: number): number {
  return endsAt - Math.min(state.config.policy.anchorMarginMs, Math.max(0, Math.floor((endsAt - now) / 4)));
}

function isUsed(state: CoordinatorState, escrow: Escrow | undefined, orderId: EscrowId): boolean {
  if (state.ledger.escrows.has(orderId) || escrow?.chain.orders.has(orderId) === true) return true;
  for (const jobId of escrow?.openJobs.keys() ?? []) {
    const job = state.ledger.jobs.get(jobId);
    if (job?.funding !== "reserved" && job?.submission.newEscrowId === orderId) return true;
  }
  return false;
}

/** The intent that brings a job's money to its escrow. */
export function fundingIntent(job: Job): string {
  return `fund/${job.jobId}/${job.escrowId}`;
}

/** Sends the order of a job that needs its own money; asking again changes nothing. */
export function requestFunding(state: CoordinatorState, job: Job, turn: CoordinatorTurn): void {
  // Nothing can be added to an escrow before it exists for sure.
  if (job.funding === "topUp" && state.ledger.escrows.get(job.escrowId)?.chain.phase !== "open") return;
  const { order, orderSignature, permit } = job.submission;
  const intentId = fundingIntent(job);
  if (job.funding === "create") {
    intendCall(state, { intentId, call: { kind: "createEscrowFor", order, orderSignature, permit } }, turn);
  } else if (job.funding === "topUp") {
    const { escrowId } = job;
    intendCall(state, { intentId, call: { kind: "topUpFor", escrowId, order, orderSignature, permit } }, turn);
  }
}
