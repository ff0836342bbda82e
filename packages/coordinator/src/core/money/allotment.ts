// Credit limits on chain: enough for a while of work, never so much that one worker could hoard the budget.
import { type Address, type Allotment, mapStep } from "@starling/protocol";
import type { Escrow } from "../ledger/escrow.ts";
import type { Job } from "../ledger/job.ts";
import type { Worker } from "../ledger/worker.ts";
import { unfit } from "../scheduling/eligibility.ts";
import { isStarved, noteStarved } from "../scheduling/starvation.ts";
import { type CoordinatorState, isChainless } from "../state.ts";
import type { CoordinatorTurn } from "../turn.ts";
import { larger, smaller, unallotted } from "./amounts.ts";
import { canIntend, intendCall } from "./bridge.ts";
import { chainSeconds, isResting, longestSpanMs } from "./clock.ts";

/** Notes that a worker could work for the job if its allotment reached. */
export function wantCredit(turn: CoordinatorTurn, job: Job, worker: Address): void {
  const wanted = turn.creditWanted.get(job.escrowId);
  if (wanted === undefined) turn.creditWanted.set(job.escrowId, new Map([[worker, job.jobId]]));
  else wanted.set(worker, job.jobId);
}

/** A job was funded: allotments for the workers that fit are asked for at once, so that tasks need not wait for a block each. */
export function wantCreditAhead(state: CoordinatorState, job: Job, turn: CoordinatorTurn): void {
  const escrow = state.ledger.escrows.get(job.escrowId);
  if (escrow === undefined) return;
  const useful = Math.max(8, 2 * job.replicas * job.taskCount);
  let room = Math.min(useful, state.config.policy.workersPerCallMax);
  for (const address of state.presence.connected) {
    const worker = state.ledger.workers.get(address);
    if (worker === undefined) continue;
    if (unfit(state, worker, { job, step: mapStep, now: turn.now }) !== null) continue;
    wantCredit(turn, job, address);
    room -= 1;
    if (room <= 0) return;
  }
}

/** Turns all wishes of a turn into one `allot` per escrow. */
export function requestCredit(state: CoordinatorState, turn: CoordinatorTurn): void {
  for (const [escrowId, wanted] of turn.creditWanted) {
    const escrow = state.ledger.escrows.get(escrowId);
    if (escrow === undefined || escrow.closing !== null) continue;
    if (mayAllot(state, escrow, turn.now)) allot(state, escrow, { wanted, turn });
  }
  turn.creditWanted.clear();
}

function mayAllot(state: CoordinatorState, escrow: Escrow, now: number): boolean {
  const { chain } = escrow;
  // Nobody asks for a credit limit where nobody could enforce one: what is earned is set aside when it is earned.
  if (isChainless(state)) return false;
  if (chain.phase !== "open" || isResting(escrow, now) || !canIntend(state)) return false;
  return chainSeconds(state, now) < chain.deadlineSeconds;
}

type Wanted = ReadonlyMap<Address, Job["jobId"]>;

function allot(
  state: CoordinatorState,
  escrow: Escrow,
  { wanted, turn }: { readonly wanted: Wanted; readonly turn: CoordinatorTurn },
): void {
  const { workersPerCallMax, allotmentMs, renewMs } = state.config.policy;
  const intentId = `allot/${escrow.escrowId}/${escrow.nextIntent}`;
  const allotments: Allotment[] = [];
  let rest = unallotted(escrow);
  for (const [address, jobId] of wanted) {
    const worker = state.ledger.workers.get(address);
    const job = state.ledger.jobs.get(jobId);
    // What is on its way comes first; it is looked at again when it has arrived.
    if (worker === undefined || job === undefined || escrow.allotting.has(address)) continue;
    if (allotments.length >= workersPerCallMax) break;
    const spanMs = longestSpanMs(state, job);
    const nowSeconds = Math.max(chainSeconds(state, turn.now), Math.ceil(turn.now / 1_000));
    const expiresAtSeconds = nowSeconds + Math.ceil((spanMs + allotmentMs) / 1_000);
    const known = escrow.chain.allotments.get(address);
    const used = (escrow.owed.get(address) ?? 0n) + (escrow.inFlight.get(address) ?? 0n);
    const held = known?.total ?? 0n;
    const left = larger(held - used, 0n);
    const credit = creditFor(state, worker, { job, rest: rest + left, count: workersFor(state, job, wanted) });
    const total = larger(held, used + credit);
    const price = worker.signed.record.pricePerTask;
    if (total - used < price) noteStarved(state, jobId, { code: "escrowExhausted", since: turn.now });
    const endsSoon =
      known !== undefined && known.expiresAtSeconds <= nowSeconds + Math.ceil((spanMs + renewMs) / 1_000);
    // A little more is not worth a transaction; the end of an allotment that is in use is.
    if (total === held ? !(endsSoon && left >= price) : total - held < left && !endsSoon) continue;
    rest -= total - held;
    allotments.push({
      worker: address,
      total,
      expiresAtSeconds: Math.max(expiresAtSeconds, known?.expiresAtSeconds ?? 0),
    });
  }
  if (allotments.length === 0) return;
  const { escrowId } = escrow;
  for (const one of allotments) turn.record({ type: "allotmentIntended", escrowId, ...one, intentId });
  intendCall(state, { intentId, call: { kind: "allot", escrowId, allotments } }, turn);
}

// How many workers share what is left: those that could be of use, whether they want credit now or later.
function workersFor(state: CoordinatorState, job: Job, wanted: Wanted): bigint {
  const leases = job.replicas * (job.taskCount - job.mapAccepted + 1);
  return BigInt(Math.max(wanted.size, Math.min(state.presence.connected.size, leases), 1));
}

interface Demand {
  readonly job: Job;
  /** Money that no other worker holds. */
  readonly rest: bigint;
  /** Workers that want credit now. */
  readonly count: bigint;
}

// A fair half of what is left: the other half stays for whoever turns out to need it, since an allotment can't be taken back early.
function creditFor(state: CoordinatorState, worker: Worker, { job, rest, count }: Demand): bigint {
  const price = worker.signed.record.pricePerTask;
  if (price === 0n || rest < price) return 0n;
  const leases = BigInt(job.taskCount - job.mapAccepted + 1) * BigInt(2 * job.replicas);
  const wish = larger(BigInt(state.config.policy.creditTasksMin), (leases + count - 1n) / count) * price;
  const fair = larger(rest / (2n * count), price);
  // Where money is tight nobody gets more than it can still earn: one replica of each task that is not accepted.
  const mine = state.index.liveLeases.get(worker.worker)?.size ?? 0;
  const tasks = BigInt(Math.max(1, job.taskCount - job.mapAccepted - mine));
  const credit = smaller(fair < wish ? smaller(fair, tasks * price) : wish, rest);
  return credit - (credit % price);
}

/** Earnings that the allotment does not cover any more, and allotments that end while money depends on them, are renewed. */
export function renewAllotments(state: CoordinatorState, escrow: Escrow, turn: CoordinatorTurn): void {
  if (!mayAllot(state, escrow, turn.now)) return;
  const { renewMs, allotmentMs } = state.config.policy;
  const now = chainSeconds(state, turn.now);
  const renewed: Allotment[] = [];
  const isScarce = isStarved(state, escrow);
  let rest = unallotted(escrow);
  const workers = new Set([...escrow.owed.keys(), ...escrow.inFlight.keys()]);
  for (const worker of [...workers].sort()) {
    if (escrow.allotting.has(worker) || renewed.length >= state.config.policy.workersPerCallMax) continue;
    const owed = escrow.owed.get(worker) ?? 0n;
    const needed = owed + (escrow.inFlight.get(worker) ?? 0n);
    if (needed === (escrow.chain.paid.get(worker) ?? 0n)) continue;
    const known = escrow.chain.allotments.get(worker);
    const held = known?.total ?? 0n;
    const ends = known === undefined || known.expiresAtSeconds <= now + Math.ceil(renewMs / 1_000);
    if (held >= needed && !ends) continue;
    const isOver = known !== undefined && known.expiresAtSeconds <= now;
    // A live allotment cannot shrink. Where others starve, one that is too large runs out first and comes back smaller.
    if (isScarce && held > needed && !isOver) continue;
    const total = larger(isScarce && isOver ? needed : held, smaller(needed, held + larger(rest, 0n)));
    if (total === held && !ends) continue;
    rest -= total - held;
    const expiresAtSeconds = Math.max(now + Math.ceil(allotmentMs / 1_000), known?.expiresAtSeconds ?? 0);
    renewed.push({ worker, total, expiresAtSeconds });
  }
  if (renewed.length === 0) return;
  const { escrowId } = escrow;
  const intentId = `allot/${escrowId}/${escrow.nextIntent}`;
  for (const one of renewed) turn.record({ type: "allotmentIntended", escrowId, ...one, intentId });
  intendCall(state, { intentId, call: { kind: "allot", escrowId, allotments: renewed } }, turn);
}
