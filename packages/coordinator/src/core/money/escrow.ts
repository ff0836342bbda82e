// The life of an escrow: jobs are funded by it, results anchored, workers paid, and in the end it is closed.
import { accepted, type Outcome, rejected } from "@starling/kernel";
import { type Address, mapStep, reduceStep } from "@starling/protocol";
import { isOpening, openDisputes, reviewDisputes } from "../disputes/review.ts";
import { stepKey } from "../indexes/index-state.ts";
import type { CoordinatorInput } from "../input.ts";
import type { Escrow } from "../ledger/escrow.ts";
import { isStarved } from "../scheduling/starvation.ts";
import { type CoordinatorState, isChainless } from "../state.ts";
import type { CoordinatorTurn } from "../turn.ts";
import { renewAllotments, wantCreditAhead } from "./allotment.ts";
import { unallotted, unpaid } from "./amounts.ts";
import { anchorResults, canCommit, closeBatch, finishTasks } from "./anchor.ts";
import { canIntend, intendCall, isUnderWay } from "./bridge.ts";
import { chainSeconds, isResting } from "./clock.ts";
import { requestFunding } from "./funding.ts";
import { isAllPaid, isCoveredPaid, payWorkers } from "./payment.ts";
import { releasePledges } from "./pledge.ts";

/** The payer wants the rest of his money back now. */
export function escrowCloseRequested(
  state: CoordinatorState,
  { payer }: Extract<CoordinatorInput, { type: "escrowCloseRequested" }>,
  turn: CoordinatorTurn,
): Outcome {
  const escrowId = state.ledger.escrowOfPayer.get(payer);
  const escrow = escrowId === undefined ? undefined : state.ledger.escrows.get(escrowId);
  if (escrow === undefined) {
    const isClosing = [...state.ledger.escrows.values()].some((one) => one.payer === payer && one.closing !== null);
    return isClosing ? accepted() : rejected("escrowNotFound", "this payer has no open escrow here");
  }
  if (escrow.openJobs.size > 0) {
    return rejected(
      "jobsRunning",
      `${escrow.openJobs.size === 1 ? "a job still uses" : `${escrow.openJobs.size} jobs still use`} the escrow; cancel, or wait for the end`,
    );
  }
  const reason = { code: "closeRequested", message: "the payer asked for the rest of his money" };
  turn.record({ type: "escrowClosing", escrowId: escrow.escrowId, reason, at: turn.now });
  turn.changed.escrows.add(escrow.escrowId);
  return accepted();
}

/** Looks at an escrow again after it, its jobs or the chain changed, and takes every step that is due. */
export function reviewEscrow(state: CoordinatorState, escrow: Escrow, turn: CoordinatorTurn): void {
  fundJobs(state, escrow, turn);
  finishTasks(state, escrow, turn);
  reviewDisputes(state, escrow, turn);
  const neverCame = escrow.chain.phase === "none" && escrow.closing !== null && escrow.openJobs.size === 0;
  if (escrow.chain.pledges.size > 0) releasePledges(state, escrow, turn);
  if (escrow.chain.phase === "closed" || neverCame) forgetInTime(state, escrow, turn);
  if (escrow.chain.phase === "none" || escrow.chain.phase === "closed") return;
  if (escrow.refused !== null && isResting(escrow, turn.now)) {
    state.index.timers.push({ at: escrow.refused.retryAt, kind: "escrow", id: escrow.escrowId });
    return;
  }
  anchorResults(state, escrow, turn);
  renewAllotments(state, escrow, turn);
  payWorkers(state, escrow, turn);
  reclaimForStarved(state, escrow, turn);
  retryStarved(state, escrow, turn);
  closeIfIdle(state, escrow, turn);
  if (escrow.closing !== null) takeExit(state, escrow, turn);
}

// Confirmed money makes leases possible; a job of a lost deposit waits on.
function fundJobs(state: CoordinatorState, escrow: Escrow, turn: CoordinatorTurn): void {
  for (const jobId of escrow.openJobs.keys()) {
    const job = state.ledger.jobs.get(jobId);
    if (job === undefined || job.funded) continue;
    if (!escrow.chain.orders.has(job.submission.newEscrowId)) {
      requestFunding(state, job, turn);
      continue;
    }
    turn.record({ type: "jobFunded", jobId, at: turn.now });
    turn.changed.jobs.add(jobId);
    wantCreditAhead(state, job, turn);
  }
}

function closeIfIdle(state: CoordinatorState, escrow: Escrow, turn: CoordinatorTurn): void {
  if (escrow.closing !== null || escrow.openJobs.size > 0) return;
  // An account without a chain says who is owed what until its owner has settled it.
  if (isChainless(state)) return;
  const { escrowIdleMs } = state.config.policy;
  const isPast = chainSeconds(state, turn.now) >= escrow.chain.deadlineSeconds;
  if (!isPast && escrow.activeAt + escrowIdleMs > turn.now) {
    state.index.timers.push({ at: escrow.activeAt + escrowIdleMs, kind: "escrow", id: escrow.escrowId });
    return;
  }
  const reason = isPast
    ? { code: "deadlinePassed", message: "the escrow's deadline has passed" }
    : { code: "idle", message: `no job has used the escrow for ${escrowIdleMs} ms` };
  turn.record({ type: "escrowClosing", escrowId: escrow.escrowId, reason, at: turn.now });
}

// Money may have come back since its jobs last looked for workers.
function retryStarved(state: CoordinatorState, escrow: Escrow, turn: CoordinatorTurn): void {
  for (const jobId of escrow.openJobs.keys()) {
    const code = state.presence.starved.get(jobId)?.code;
    // A budget does not grow, but answers that were not paid for give some of it back; and a job that is broke has to end.
    if (code === undefined || (code !== "budgetExhausted" && unallotted(escrow) <= 0n)) continue;
    for (const step of [mapStep, reduceStep]) {
      const key = stepKey(jobId, step);
      if (state.index.queues.has(key)) turn.changed.steps.add(key);
    }
  }
}

// A job waits for money that workers hold who do not use it: what has expired comes back.
function reclaimForStarved(state: CoordinatorState, escrow: Escrow, turn: CoordinatorTurn): void {
  if (escrow.closing !== null || !canIntend(state)) return;
  if (escrow.exit !== null && isUnderWay(state, escrow.exit.intentId)) return;
  const now = chainSeconds(state, turn.now);
  if (isStarved(state, escrow) && reclaimable(escrow, now).length > 0)
    takeStep(state, escrow, { step: "reclaim", now, turn });
}

// Only what nobody has earned and nobody works for: anything else is renewed.
function reclaimable(escrow: Escrow, now: number): readonly Address[] {
  const idle = reservedBy(escrow).filter(
    ({ worker, expiresAtSeconds }) =>
      expiresAtSeconds <= now &&
      unpaid(escrow, worker) <= 0n &&
      !escrow.inFlight.has(worker) &&
      !escrow.allotting.has(worker),
  );
  return idle.map(({ worker }) => worker).sort();
}

// Closed and old: the escrow goes, and with it everything that was paid from it.
function forgetInTime(state: CoordinatorState, escrow: Escrow, turn: CoordinatorTurn): void {
  const dueAt = escrow.activeAt + state.config.policy.retentionMs;
  if (openDisputes(state, escrow).length > 0) return;
  if (dueAt > turn.now) state.index.timers.push({ at: dueAt, kind: "escrow", id: escrow.escrowId });
  else turn.record({ type: "escrowForgotten", escrowId: escrow.escrowId });
}

// Pay and anchor first, then end the work, then take back what nobody needs, and close as soon as the contract allows.
function takeExit(state: CoordinatorState, escrow: Escrow, turn: CoordinatorTurn): void {
  const { chain, batches } = escrow;
  const mayCommit = canCommit(state, escrow, turn.now);
  // The last commit begins the time in which results may be disputed at all.
  if (mayCommit && isOpening(state, escrow)) return;
  if (mayCommit && (escrow.unanchored.length > 0 || batches.some(({ place }) => place === null))) return;
  if (mayCommit) {
    if (isAllPaid(escrow)) closeBatch(state, escrow, { count: 0, last: true, turn });
    return;
  }
  if (escrow.exit !== null && isUnderWay(state, escrow.exit.intentId)) return;
  const now = chainSeconds(state, turn.now);
  const endsAt = chain.phase === "committed" ? (chain.committedAtSeconds ?? now) : chain.deadlineSeconds;
  if (now < endsAt || !canIntend(state)) return;
  const step = exitStep(state, escrow, { now, endsAt });
  if (step !== null) takeStep(state, escrow, { step, now, turn });
}

type Step = "reclaim" | "refund" | "close";

function exitStep(
  state: CoordinatorState,
  escrow: Escrow,
  { now, endsAt }: { now: number; endsAt: number },
): Step | null {
  const { claimSeconds, disputeSeconds } = state.config.windows;
  const reserved = reservedBy(escrow);
  const isNothingOwed = reserved.length === 0;
  if (now >= endsAt + (isNothingOwed ? disputeSeconds : claimSeconds)) {
    // A coordinator that was away for long pays first: closing ends every claim. Whoever can't wait for it may close himself.
    return isCoveredPaid(escrow) ? "close" : null;
  }
  if (reclaimable(escrow, now).length > 0) return "reclaim";
  return unallotted(escrow) > 0n ? "refund" : null;
}

function reservedBy({ chain }: Escrow): readonly { readonly worker: Address; readonly expiresAtSeconds: number }[] {
  return [...chain.allotments].flatMap(([worker, { total, expiresAtSeconds }]) =>
    total > (chain.paid.get(worker) ?? 0n) ? [{ worker, expiresAtSeconds }] : [],
  );
}

function takeStep(
  state: CoordinatorState,
  escrow: Escrow,
  { step, now, turn }: { step: Step; now: number; turn: CoordinatorTurn },
): void {
  const { escrowId } = escrow;
  const intentId = `${step}/${escrowId}/${escrow.nextIntent}`;
  turn.record({ type: "exitIntended", escrowId, step, intentId });
  if (step !== "reclaim") {
    intendCall(state, { intentId, call: { kind: step, escrowId } }, turn);
    return;
  }
  const workers = reclaimable(escrow, now).slice(0, state.config.policy.workersPerCallMax);
  intendCall(state, { intentId, call: { kind: "reclaim", escrowId, workers } }, turn);
}
