// What comes from the chain through the machines of `settlement`, and what follows from it.
import { accepted, type Outcome } from "@starling/kernel";
import {
  type ChainEvent,
  type ChainPlace,
  type CourtEventBody,
  type EscrowId,
  isCourtEvent,
  type JobId,
} from "@starling/protocol";
import type { IndexerChange, IndexerInput, SenderInput } from "@starling/settlement";
import { creditRefused, isOurAccount, reviewCredits } from "../disputes/credits.ts";
import { slashedFine, slashRefused } from "../disputes/equivocation.ts";
import { disputeRefused } from "../disputes/refuse.ts";
import { disputeOfEvent } from "../evolve/court.ts";
import { failJob } from "../lifecycle/job.ts";
import { isJobOver } from "../lifecycle/tables.ts";
import { refreshIdle } from "../lifecycle/worker.ts";
import type { CoordinatorState } from "../state.ts";
import type { CoordinatorTurn } from "../turn.ts";
import { tellIndexer, tellSender } from "./bridge.ts";
import { chainSeconds } from "./clock.ts";
import { moveFunding } from "./funding.ts";
import { pledgeChanged, pledgeRefused } from "./pledge.ts";

/** Something of a transaction, or a new head. */
export function senderInput(state: CoordinatorState, input: SenderInput, turn: CoordinatorTurn): Outcome {
  if (input.type === "headSeen") headSeen(state, input.timestampSeconds, turn);
  for (const { intentId, status, reason } of tellSender(state, input, turn)) {
    if (status === "failed") refused(state, { intentId, reason }, turn);
    else turn.changed.escrows.add(escrowIdOf(intentId));
  }
  return accepted();
}

/** Logs of our contracts, or a new head. */
export function indexerInput(state: CoordinatorState, input: IndexerInput, turn: CoordinatorTurn): Outcome {
  if (input.type === "headSeen") headSeen(state, input.timestampSeconds, turn);
  for (const { type, event } of tellIndexer(state, input, turn)) {
    if (isCourtEvent(event)) {
      courtChanged(state, { type, event }, turn);
      continue;
    }
    if (event.type === "registered" || !state.ledger.escrows.has(event.escrowId)) continue;
    if (type === "eventConfirmed") confirmed(state, event, turn);
    else turn.record({ type: "chainUndone", event });
    turn.changed.escrows.add(event.escrowId);
  }
  reviewCredits(state, turn);
  return accepted();
}

function courtChanged(
  state: CoordinatorState,
  { type, event }: { readonly type: IndexerChange["type"]; readonly event: CourtEventBody & ChainPlace },
  turn: CoordinatorTurn,
): void {
  if (!isCourtEventOurs(state, event)) return;
  if (type === "eventConfirmed")
    turn.record({ type: "chainConfirmed", event, headSeconds: chainSeconds(state, turn.now) });
  else turn.record({ type: "chainUndone", event });
  const escrowId = disputeOfEvent(state, event)?.escrowId;
  if (escrowId !== undefined) turn.changed.escrows.add(escrowId);
  else if (event.type === "workerFined") {
    turn.changed.escrows.add(event.escrowId);
    const leaseId = slashedFine(state, event);
    if (type === "eventConfirmed" && leaseId !== undefined)
      turn.record({ type: "fineCollected", escrowId: event.escrowId, leaseId, amount: event.amount, at: turn.now });
  }
}

function isCourtEventOurs(state: CoordinatorState, event: CourtEventBody & ChainPlace): boolean {
  if (event.type === "credited" || event.type === "creditWithdrawn") return isOurAccount(state, event.account);
  if (event.type === "disputeOpened") return state.ledger.escrows.has(event.escrowId);
  if (event.type === "workerFined" && slashedFine(state, event) !== undefined) return true;
  return disputeOfEvent(state, event) !== undefined;
}

// Block time moves windows and expiries, so every live escrow is looked at once per block.
function headSeen(state: CoordinatorState, seconds: number, turn: CoordinatorTurn): void {
  const { presence } = state;
  if (presence.headSeconds !== null && presence.headSeconds >= seconds) return;
  presence.headSeconds = seconds;
  for (const escrow of state.ledger.escrows.values()) {
    if (escrow.chain.phase !== "closed") turn.changed.escrows.add(escrow.escrowId);
  }
  for (const { escrowId, isOver } of state.ledger.disputes.values()) if (!isOver) turn.changed.escrows.add(escrowId);
}

/** Something is as good as certain: it is noted, and what waited for it goes on. */
export function confirmed(state: CoordinatorState, event: ChainEvent, turn: CoordinatorTurn): void {
  turn.record({ type: "chainConfirmed", event, headSeconds: chainSeconds(state, turn.now) });
  if (event.type === "allotted") refreshIdle(state, event.worker, turn);
  if (event.type === "pledged" || event.type === "pledgeReleased") pledgeChanged(state, event);
  // A root that is confirmed makes its tasks final.
  if (event.type === "resultsCommitted") turn.changed.escrows.add(event.escrowId);
}

function refused(
  state: CoordinatorState,
  { intentId, reason }: { readonly intentId: string; readonly reason: string },
  turn: CoordinatorTurn,
): void {
  if (intentId.startsWith("fund/")) {
    const [, jobId = "", escrowId = ""] = intentId.split("/");
    fundingRefused(state, { jobId: jobId as JobId, escrowId: escrowId as EscrowId, reason }, turn);
    return;
  }
  const escrowId = escrowIdOf(intentId);
  if (intentId.startsWith("credit/")) {
    creditRefused(state, { account: escrowId, reason }, turn);
    return;
  }
  if (!state.ledger.escrows.has(escrowId)) return;
  if (intentId.startsWith("slash/")) {
    slashRefused(state, { escrowId, intentId, reason }, turn);
    return;
  }
  if (intentId.startsWith("dispute/")) {
    disputeRefused(state, { escrowId, intentId, reason }, turn);
    return;
  }
  if (/^(un)?pledge\//.test(intentId)) {
    pledgeRefused(state, { escrowId, intentId, reason }, turn);
    return;
  }
  const retryAt = turn.now + state.config.policy.chainRetryMs;
  const why = { code: "transactionFailed", message: `${intentId.split("/")[0] ?? ""}: ${reason}` };
  turn.record({ type: "chainRefused", escrowId, intentId, reason: why, retryAt });
  turn.changed.escrows.add(escrowId);
}

interface FundingRefusal {
  readonly jobId: JobId;
  readonly escrowId: EscrowId;
  readonly reason: string;
}

// An order that the chain has already is no failure: its event says so, or will.
function fundingRefused(
  state: CoordinatorState,
  { jobId, escrowId, reason }: FundingRefusal,
  turn: CoordinatorTurn,
): void {
  const job = state.ledger.jobs.get(jobId);
  const escrow = state.ledger.escrows.get(escrowId);
  if (job === undefined || escrow === undefined || job.funded || job.escrowId !== escrowId) return;
  if (/EscrowExists|EscrowOrderUsed/.test(reason) || escrow.chain.orders.has(job.submission.newEscrowId)) return;
  const why = { code: "transactionFailed", message: `the escrow could not be funded: ${reason}` };
  if (job.funding !== "create") {
    // The escrow may have ended meanwhile; the order can open one of its own.
    if (!isJobOver(job.state) && !moveFunding(state, job, turn)) failJob(state, job, { reason: why, turn });
    return;
  }
  // Also of a job that has ended meanwhile: the escrow will never be there.
  failJob(state, job, { reason: why, turn });
  if (escrow.closing === null) turn.record({ type: "escrowClosing", escrowId, reason: why, at: turn.now });
  // Jobs that wanted to add to this escrow have nothing to add to, and money of their own.
  for (const otherId of [...escrow.openJobs.keys()]) {
    const other = state.ledger.jobs.get(otherId);
    if (other !== undefined && !moveFunding(state, other, turn)) failJob(state, other, { reason: why, turn });
  }
}

// `<what>/<escrow>/<number>`; for funding the second part is the job and the third the escrow.
function escrowIdOf(intentId: string): EscrowId {
  const [what, second, third] = intentId.split("/");
  return ((what === "fund" ? third : second) ?? "") as EscrowId;
}
