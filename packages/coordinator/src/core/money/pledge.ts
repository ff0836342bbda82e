// Stake behind results: workers are asked for pledges before their leases need them, what they sign is sent, and what has served is released.
import { accepted, type Outcome, rejected } from "@starling/kernel";
import { type Address, type EscrowId, fineOf, trustTerms } from "@starling/protocol";
import { openDisputes } from "../disputes/review.ts";
import type { CoordinatorInput } from "../input.ts";
import type { Escrow } from "../ledger/escrow.ts";
import type { Job } from "../ledger/job.ts";
import type { Worker } from "../ledger/worker.ts";
import { type CoordinatorState, isChainless } from "../state.ts";
import type { CoordinatorTurn } from "../turn.ts";
import { checksPassed } from "../verification/probation.ts";
import { larger, smaller } from "./amounts.ts";
import { canIntend, intendCall } from "./bridge.ts";
import { chainSeconds } from "./clock.ts";
import { coverOf, pledgeEndsTooSoon } from "./fine.ts";

/** A worker that would have unchecked leases if its operator pledged more. */
export interface PledgeWish {
  readonly job: Job;
  readonly worker: Worker;
  /** Fine of one lease, base units. */
  readonly fine: bigint;
}

/** When an operator was asked for a pledge to an escrow, and how often in vain. */
export interface PledgeAsk {
  readonly escrowId: EscrowId;
  readonly operator: Address;
  /** Nothing smaller is worth a transaction, base units. */
  readonly least: bigint;
  readonly tries: number;
  readonly againAt: number;
}

/** Notes that the operator's pledge is short for the leases that its worker may soon have. */
export function wantPledge(
  state: CoordinatorState,
  turn: CoordinatorTurn,
  { job, worker, price }: { readonly job: Job; readonly worker: Worker; readonly price: bigint },
): void {
  const { operator } = worker;
  const { probationChecks, pledgeLeases } = state.config.policy;
  if (price === 0n || operator === job.payer || isChainless(state)) return;
  // Whoever is far from the end of its probation is checked in any case.
  const passed = checksPassed(state, operator, job.submission.spec.map.runtimeClass);
  if (2 * passed < probationChecks) return;
  const fine = fineOf(trustTerms(job.submission.spec.trust), price);
  // A quarter of what is asked for at a time: the rest is under way before that is used up.
  if (4n * coverOf(state, { job, operator }) >= BigInt(pledgeLeases) * fine) return;
  turn.pledgesWanted.set(`${job.escrowId}/${operator}`, { job, worker, fine });
}

/** Asks for what this turn found missing, unless it was asked for lately or is on its way. */
export function askForPledges(state: CoordinatorState, turn: CoordinatorTurn): void {
  for (const [key, wish] of turn.pledgesWanted) {
    const escrow = state.ledger.escrows.get(wish.job.escrowId);
    if (escrow === undefined || escrow.chain.phase !== "open" || escrow.closing !== null) continue;
    if (escrow.pledging.has(wish.worker.operator)) continue;
    const asked = state.presence.pledgeAsks.get(key);
    if (asked !== undefined && asked.againAt > turn.now) continue;
    ask(state, escrow, { wish, turn, tries: (asked?.tries ?? 0) + 1 });
  }
  turn.pledgesWanted.clear();
}

interface Asking {
  readonly wish: PledgeWish;
  readonly turn: CoordinatorTurn;
  readonly tries: number;
}

function ask(state: CoordinatorState, escrow: Escrow, { wish, turn, tries }: Asking): void {
  const { policy, windows } = state.config;
  const { worker, fine, job } = wish;
  const { operator } = worker;
  const { escrowId } = escrow;
  const more = shortage(state, escrow, wish);
  const ends = pledgeEndsTooSoon(state, escrow, { job, operator });
  if (more === 0n && !ends) return;
  // The same total prolongs a pledge that is large enough, or as large as its owner lets it be.
  const total = (escrow.chain.pledgeTerms.get(operator)?.total ?? 0n) + more;
  const pauseMs = policy.pledgeAskMs * 2 ** Math.min(tries - 1, policy.pledgeAskDoublings);
  rememberAsk(state, {
    escrowId,
    operator,
    least: ends ? 0n : smaller(fine, more),
    tries,
    againAt: turn.now + pauseMs,
  });
  const now = chainSeconds(state, turn.now);
  turn.request({
    type: "sendPledgeWanted",
    worker: worker.worker,
    escrowId,
    total,
    releaseBySeconds: escrow.chain.deadlineSeconds + windows.disputeSeconds,
    deadlineSeconds: Math.max(now, Math.floor(turn.now / 1_000)) + Math.ceil(policy.pledgeValidMs / 1_000),
  });
}

// Enough for a number of leases, or for twice what is under way if that is more; never more than the job's leases can need.
function shortage(state: CoordinatorState, escrow: Escrow, { job, worker: { operator }, fine }: PledgeWish): bigint {
  const used = escrow.fines.get(operator) ?? 0n;
  const wish = larger(used + BigInt(state.config.policy.pledgeLeases) * fine, 2n * used);
  const leases = BigInt(Math.max(1, job.taskCount - job.mapSettled + 1));
  return larger(smaller(wish, used + leases * fine) - (escrow.chain.pledges.get(operator) ?? 0n), 0n);
}

// Oldest questions are forgotten first: one that is asked too early costs a message.
function rememberAsk({ presence, config }: CoordinatorState, asked: PledgeAsk): void {
  const { pledgeAsks } = presence;
  const key = `${asked.escrowId}/${asked.operator}`;
  pledgeAsks.delete(key);
  pledgeAsks.set(key, asked);
  if (pledgeAsks.size <= config.policy.workersMax) return;
  for (const oldest of pledgeAsks.keys()) {
    pledgeAsks.delete(oldest);
    break;
  }
}

/** A worker pledges: what was asked for and is worth its gas goes to the chain. */
export function pledgeReceived(
  state: CoordinatorState,
  { worker, message: { order, signature } }: Extract<CoordinatorInput, { type: "pledgeReceived" }>,
  turn: CoordinatorTurn,
): Outcome {
  const { escrowId, operator, total, deadlineSeconds } = order;
  const escrow = state.ledger.escrows.get(escrowId);
  if (escrow === undefined || escrow.chain.phase !== "open")
    return rejected("escrowNotFound", "no such escrow is open");
  if (state.ledger.workers.get(worker)?.operator !== operator)
    return rejected("badRecord", "the pledge is that of another operator");
  const asked = state.presence.pledgeAsks.get(`${escrowId}/${operator}`);
  const known = escrow.chain.pledgeTerms.get(operator)?.total ?? 0n;
  if (asked === undefined || total - known < asked.least)
    return rejected("notWanted", "nobody asked for this pledge, or it is too small to be sent");
  if (escrow.pledging.has(operator)) return rejected("alreadyUnderWay", "a pledge of this operator is on its way");
  if (deadlineSeconds <= chainSeconds(state, turn.now)) return rejected("deadlinePassed", "the signature has expired");
  if (!canIntend(state)) return rejected("overloaded", "too many transactions wait");
  const intentId = `pledge/${escrowId}/${escrow.nextIntent}`;
  turn.record({ type: "pledgeIntended", escrowId, operator, total, intentId });
  intendCall(state, { intentId, call: { kind: "pledgeFor", order, signature } }, turn);
  return accepted();
}

/** A pledge stands, or is free to be made anew: the next question need not wait. */
export function pledgeChanged(
  { presence }: CoordinatorState,
  { escrowId, operator }: { readonly escrowId: EscrowId; readonly operator: Address },
): void {
  presence.pledgeAsks.delete(`${escrowId}/${operator}`);
}

/** A transaction about a pledge was refused: nothing else of the escrow waits for it. */
export function pledgeRefused(
  state: CoordinatorState,
  { escrowId, intentId, reason }: { readonly escrowId: EscrowId; readonly intentId: string; readonly reason: string },
  turn: CoordinatorTurn,
): void {
  const retryAt = turn.now + state.config.policy.chainRetryMs;
  turn.record({
    type: "pledgeRefused",
    escrowId,
    intentId,
    reason: { code: "transactionFailed", message: reason },
    retryAt,
  });
  state.index.timers.push({ at: retryAt, kind: "escrow", id: escrowId });
}

/** Gives back to operators, who need not have the gas for it, what stands for nothing any more: pledges to a closed escrow, and those whose time is over. */
export function releasePledges(state: CoordinatorState, escrow: Escrow, turn: CoordinatorTurn): void {
  const { escrowId } = escrow;
  if (escrow.releaseRetryAt !== null && escrow.releaseRetryAt > turn.now) {
    state.index.timers.push({ at: escrow.releaseRetryAt, kind: "escrow", id: escrowId });
    return;
  }
  for (const operator of escrow.chain.pledges.keys()) {
    if (escrow.releasing.has(operator) || !isServed(state, escrow, { operator, now: turn.now })) continue;
    if (escrow.releasing.size >= state.config.policy.releasesMax) return;
    if (!canIntend(state)) {
      state.index.timers.push({ at: turn.now + state.config.policy.chainRetryMs, kind: "escrow", id: escrowId });
      return;
    }
    // The court holds it for as long as it is disputed what it stands for.
    if (isDisputed(state, escrow, operator)) continue;
    const intentId = `unpledge/${escrowId}/${escrow.nextIntent}`;
    turn.record({ type: "pledgeReleaseIntended", escrowId, operator, intentId });
    intendCall(state, { intentId, call: { kind: "releasePledge", escrowId, operator } }, turn);
  }
}

function isDisputed(state: CoordinatorState, escrow: Escrow, operator: Address): boolean {
  return openDisputes(state, escrow).some(({ accused }) =>
    [...accused.keys()].some((leaseId) => state.ledger.leases.get(leaseId)?.operator === operator),
  );
}

// In an escrow that was prolonged a pledge ends before it; then the stake is better free for the next one.
function isServed(
  state: CoordinatorState,
  { chain, fines }: Escrow,
  { operator, now }: { readonly operator: Address; readonly now: number },
): boolean {
  if (chain.phase === "closed") return true;
  const endsAt = chain.pledgeTerms.get(operator)?.releaseAtSeconds;
  return endsAt !== undefined && endsAt <= chainSeconds(state, now) && !fines.has(operator);
}
