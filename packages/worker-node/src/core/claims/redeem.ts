// A worker gets its money by itself: vouchers are watched on the chain, and redeemed when their coordinator does not pay in time.
import { accepted, type Outcome } from "@starling/kernel";
import type { EscrowId } from "@starling/protocol";
import type { WorkerInput } from "../input.ts";
import { canIntend, intendCall } from "../sender-bridge.ts";
import type { HeldVoucher, WorkerState } from "../state.ts";
import type { WorkerTurn } from "../worker.ts";
import type { ReadClaim, SeenClaim } from "./seen.ts";
import { standingOf } from "./standing.ts";

type Of<T extends WorkerInput["type"]> = Extract<WorkerInput, { type: T }>;

/** A redemption was refused: mostly its coordinator has paid meanwhile, which the next reading shows. */
export function redemptionRefused({ ledger, presence }: WorkerState, escrowId: EscrowId): void {
  if (ledger.vouchers.has(escrowId)) presence.refusedAt.set(escrowId, presence.headSeconds ?? 0);
}

/** The chain's answer: what each voucher would bring now. Vouchers of escrows that are over are done with. */
export function claimsSeen(state: WorkerState, input: Of<"claimsSeen">, turn: WorkerTurn): Outcome {
  const { presence, ledger } = state;
  presence.gas = input.gas;
  presence.claimSeconds = input.claimSeconds;
  for (const { escrowId, ...read } of input.claims) {
    const voucher = ledger.vouchers.get(escrowId);
    const known = presence.claims.get(escrowId);
    if (voucher === undefined || (known !== undefined && known.readAtBlock > input.blockNumber)) continue;
    presence.claims.set(escrowId, seenClaim(state, { known, read, voucher, readAtBlock: input.blockNumber }));
    if (read.isOver) forgetVoucher(state, { escrowId, voucher, claimed: read.claimed }, turn);
    else redeem(state, { escrowId, voucher }, turn);
  }
  return accepted();
}

interface Reading {
  readonly known: SeenClaim | undefined;
  readonly read: ReadClaim;
  readonly voucher: HeldVoucher;
  readonly readAtBlock: number;
}

function seenClaim({ presence }: WorkerState, { known, read, voucher, readAtBlock }: Reading): SeenClaim {
  const readAtSeconds = presence.headSeconds ?? 0;
  const isDue = voucher.cumulative > read.claimed;
  const since = known?.claimed === read.claimed ? known.dueSinceSeconds : null;
  return { ...read, readAtBlock, readAtSeconds, dueSinceSeconds: isDue ? (since ?? readAtSeconds) : null };
}

interface Over extends Held {
  readonly claimed: bigint;
}

// A redemption that is still on its way is looked after by the sender alone.
function forgetVoucher({ presence }: WorkerState, { escrowId, voucher, claimed }: Over, turn: WorkerTurn): void {
  const { cumulative } = voucher;
  turn.record({ type: "voucherOver", escrowId, cumulative, claimed });
  presence.claims.delete(escrowId);
  presence.claimsAskedAt.delete(escrowId);
  presence.refusedAt.delete(escrowId);
}

/** Asks the chain again: for what is due so often that no window can pass between two readings; for what is paid, now and then. */
export function readClaims(state: WorkerState, turn: WorkerTurn): void {
  const { config, ledger, presence } = state;
  const now = presence.headSeconds;
  if (now === null) return;
  const stale: { readonly escrowId: EscrowId; readonly at: number }[] = [];
  for (const [escrowId, voucher] of ledger.vouchers) {
    const at = presence.claims.get(escrowId)?.readAtSeconds ?? 0;
    if (now >= nextReadAt(state, escrowId, voucher)) stale.push({ escrowId, at });
  }
  if (stale.length === 0) return;
  stale.sort((a, b) => a.at - b.at || (a.escrowId < b.escrowId ? -1 : 1));
  const escrowIds = stale.slice(0, config.policy.claimsPerReadMax).map(({ escrowId }) => escrowId);
  for (const escrowId of escrowIds) presence.claimsAskedAt.set(escrowId, now);
  turn.request({ type: "readClaims", escrowIds });
}

// A question without an answer is asked again as late as any other; what a voucher brings is read anew before it is redeemed.
function nextReadAt(state: WorkerState, escrowId: EscrowId, voucher: HeldVoucher): number {
  const { config, presence } = state;
  const { claimReadMs, claimIdleReadMs } = config.policy;
  const claim = presence.claims.get(escrowId);
  const askedAt = presence.claimsAskedAt.get(escrowId);
  if (askedAt === undefined) return 0;
  if (standingOf(state, escrowId, voucher).redeems) return askedAt + 1;
  const isDue = claim === undefined || voucher.cumulative > claim.claimed;
  if (!isDue) return askedAt + claimIdleReadMs / 1_000;
  return askedAt + Math.min(claimReadMs / 1_000, (presence.claimSeconds ?? Number.POSITIVE_INFINITY) / 2);
}

interface Held {
  readonly escrowId: EscrowId;
  readonly voucher: HeldVoucher;
}

function redeem(state: WorkerState, { escrowId, voucher }: Held, turn: WorkerTurn): void {
  const standing = standingOf(state, escrowId, voucher);
  if (!standing.redeems || !canIntend(state)) return;
  const { reason, due } = standing;
  const { cumulative, signature } = voucher;
  // Never two of one moment, since the next one waits for the end of this one.
  const intentId = `redeem/${escrowId}/${turn.now}`;
  turn.record({ type: "redemptionIntended", escrowId, intentId, cumulative, due, reason, at: turn.now });
  const { worker } = state.config;
  intendCall(state, { intentId, call: { kind: "redeem", escrowId, worker, cumulative, signature } }, turn);
}
