// Whether a voucher is redeemed now, and why or why not. The clock is the chain's: windows of contracts end by block time.
import type { EscrowId } from "@starling/protocol";
import type { WorkerPolicy } from "../policy.ts";
import type { HeldVoucher, WorkerState } from "../state.ts";
import type { SeenClaim, SeenGas } from "./seen.ts";

/** Why the worker pays for gas rather than wait for its coordinator. */
export type RedeemReason = "allotmentEnds" | "workEnded" | "coordinatorSilent" | "payOverdue";

/** Why it does not. */
export type WaitReason =
  | "unread"
  | "paid"
  | "closed"
  | "notAllotted"
  | "underWay"
  | "belowMinimum"
  | "coordinatorPays"
  | "noGas"
  | "refusedLately";

/** A voucher's standing. `due` is what redeeming would bring, before the fee; base units. */
export type Standing =
  | { readonly redeems: true; readonly reason: RedeemReason; readonly due: bigint }
  | { readonly redeems: false; readonly reason: WaitReason; readonly due: bigint };

/** Judges the voucher of an escrow by what was last read of it. */
export function standingOf(state: WorkerState, escrowId: EscrowId, voucher: HeldVoucher): Standing {
  const claim = state.presence.claims.get(escrowId);
  const now = state.presence.headSeconds;
  if (claim === undefined || now === null) return wait("unread", 0n);
  const due = dueOf(voucher, claim);
  const reason = waitReason(state, { escrowId, voucher, claim, due });
  if (reason !== null) return wait(reason, due);
  const why = redeemReason(state, { voucher, claim, now });
  if (why === null) return wait("coordinatorPays", due);
  if (!hasGas(state)) return wait("noGas", due);
  return { redeems: true, reason: why, due };
}

function wait(reason: WaitReason, due: bigint): Standing {
  return { redeems: false, reason, due };
}

/** What the contract would pay now. */
function dueOf(voucher: HeldVoucher, { allotted, claimed }: SeenClaim): bigint {
  const reached = voucher.cumulative < allotted ? voucher.cumulative : allotted;
  return reached > claimed ? reached - claimed : 0n;
}

interface Judged {
  readonly escrowId: EscrowId;
  readonly voucher: HeldVoucher;
  readonly claim: SeenClaim;
  readonly due: bigint;
}

// What no clock changes.
function waitReason(state: WorkerState, { escrowId, voucher, claim, due }: Judged): WaitReason | null {
  if (voucher.cumulative <= claim.claimed) return "paid";
  if (claim.phase === "closed" || claim.phase === "none") return "closed";
  if (due === 0n) return "notAllotted";
  if (isUnderWay(state, escrowId, claim)) return "underWay";
  if (due < state.config.policy.redeemMin) return "belowMinimum";
  const refusedAt = state.presence.refusedAt.get(escrowId);
  const retrySeconds = state.config.policy.redeemRetryMs / 1_000;
  const isRefused = refusedAt !== undefined && (state.presence.headSeconds ?? 0) < refusedAt + retrySeconds;
  return isRefused ? "refusedLately" : null;
}

// Also one whose block was not read yet: what it paid is not in the claim.
function isUnderWay({ ledger }: WorkerState, escrowId: EscrowId, claim: SeenClaim): boolean {
  const intentId = ledger.redemptions.get(escrowId);
  if (intentId === undefined) return false;
  if (ledger.sender.intents.has(intentId)) return true;
  const receipt = ledger.sender.finished.get(intentId)?.receipt ?? null;
  return receipt !== null && receipt.blockNumber > claim.readAtBlock;
}

interface Timed {
  readonly voucher: HeldVoucher;
  readonly claim: SeenClaim;
  readonly now: number;
}

// A coordinator that lives pays many workers by one transaction, so it is left its time; but never so much that money could be lost.
function redeemReason(state: WorkerState, { voucher, claim, now }: Timed): RedeemReason | null {
  const { policy } = state.config;
  const silentSeconds = now - lastHeard(state, voucher, now);
  const isAway = silentSeconds >= policy.coordinatorAwayMs / 1_000;
  const aheadMs = isAway ? policy.allotmentAheadAwayMs : policy.allotmentAheadMs;
  if (now >= claim.allottedUntilSeconds - aheadMs / 1_000) return "allotmentEnds";
  if (now >= claim.endsAtSeconds + graceSeconds(state)) return "workEnded";
  if (silentSeconds >= policy.coordinatorSilentMs / 1_000) return "coordinatorSilent";
  const { dueSinceSeconds } = claim;
  return dueSinceSeconds !== null && now >= dueSinceSeconds + policy.payOverdueMs / 1_000 ? "payOverdue" : null;
}

// Three quarters of the claim window remain, however short it is.
function graceSeconds({ config, presence }: WorkerState): number {
  const most = config.policy.payGraceMs / 1_000;
  return presence.claimSeconds === null ? 0 : Math.min(most, presence.claimSeconds / 4);
}

function lastHeard({ presence }: WorkerState, { coordinator }: HeldVoucher, now: number): number {
  if (presence.connections.has(coordinator)) return now;
  return presence.silentSince.get(coordinator) ?? presence.firstHeadSeconds ?? now;
}

/** Whether the hot key can pay for a transaction at the price that was last read. */
export function hasGas({ config, presence }: WorkerState): boolean {
  return presence.gas !== null && presence.gas.balance >= gasWanted(config.policy, presence.gas);
}

/** Wei that the hot key must have for a redemption: a node asks for all that it may cost, at twice the price of now. */
export function gasWanted({ redeemGas }: WorkerPolicy, gas: SeenGas | null): bigint {
  return 2n * (gas?.price ?? 0n) * redeemGas;
}
