// Work streams: hello with everything that a reconnect has to mend, heartbeats, silence and loss.
import { accepted, type Outcome, rejected } from "@starling/kernel";
import type { Address } from "@starling/protocol";
import { lookAtChallenges } from "../challenges/joint.ts";
import type { Reason } from "../fact.ts";
import type { CoordinatorInput } from "../input.ts";
import type { Lease } from "../ledger/lease.ts";
import type { Worker } from "../ledger/worker.ts";
import { leaseItemOf } from "../scheduling/lease-item.ts";
import { type CoordinatorState, isConnected, planted, type Session } from "../state.ts";
import { type CoordinatorTurn, mailTo } from "../turn.ts";
import { sendCommitSet } from "../verification/commit-set.ts";
import { noteCheckpoints } from "./checkpoint.ts";
import { leaseOf, repeatEnd, revokeLease, startLease, tellRevoked } from "./lease.ts";
import { isLive } from "./tables.ts";
import { requeueTask } from "./task.ts";
import { refreshIdle, sawWorker } from "./worker.ts";

type Of<T extends CoordinatorInput["type"]> = Extract<CoordinatorInput, { type: T }>;

/** A worker opened its stream: it is admitted or told why not, and both sides learn what the other missed. */
export function workerHello(state: CoordinatorState, input: Of<"workerHello">, turn: CoordinatorTurn): Outcome {
  const { record, session } = input;
  const known = state.ledger.workers.get(record.worker);
  const refusal = refusalOf(state, input, { known, now: turn.now });
  if (refusal !== null) {
    turn.request({ type: "refuseWorker", worker: record.worker, session, ...refusal });
    return rejected(refusal.code, refusal.message);
  }
  if (known === undefined || known.signed.record.seq < record.seq) {
    const { signed, source, remoteAddress } = input;
    const { worker, operator } = record;
    turn.record({ type: "workerKnown", worker, operator, signed, source, remoteAddress, at: turn.now });
  }
  const worker = state.ledger.workers.get(record.worker);
  if (worker?.state === "known" || worker?.state === "left")
    turn.record({ type: "workerAdmitted", worker: record.worker });
  open(state, input, turn);
  reconcile(state, input, turn);
  return accepted();
}

function refusalOf(
  state: CoordinatorState,
  { record }: Of<"workerHello">,
  { known, now }: { readonly known: Worker | undefined; readonly now: number },
): Reason | null {
  if (record.networkId !== state.config.networkId) {
    return {
      code: "wrongNetwork",
      message: `this is network ${state.config.networkId}, the record is of ${record.networkId}`,
    };
  }
  if (record.expiresAt <= now)
    return { code: "recordExpired", message: "the worker record has expired; sign a new one" };
  if (known === undefined) {
    const { workersMax } = state.config.policy;
    if (state.ledger.workers.size < workersMax) return null;
    return { code: "resourceExhausted", message: `this coordinator knows ${workersMax} workers already` };
  }
  if (known.state === "banned") return { code: "banned", message: known.reason?.message ?? "this worker is banned" };
  if (record.seq < known.signed.record.seq) {
    return { code: "staleRecord", message: `record ${known.signed.record.seq} is known, this is ${record.seq}` };
  }
  return null;
}

function open(state: CoordinatorState, input: Of<"workerHello">, turn: CoordinatorTurn): void {
  const { record, session, remoteAddress } = input;
  const old = state.presence.sessions.get(record.worker);
  if (isConnected(old) && old.session !== session) {
    const message = "another stream of this worker took over";
    turn.request({ type: "refuseWorker", worker: record.worker, session: old.session, code: "replaced", message });
  }
  state.presence.connected.add(record.worker);
  state.presence.sessions.set(record.worker, {
    session,
    remoteAddress,
    connectedAt: turn.now,
    goneAt: null,
    lastSeenAt: turn.now,
    asked: 0,
    taken: new Set(),
    classes: record.classes.map(({ name }) => name),
    hold: null,
    challenge: null,
    measured: old?.measured ?? {},
    pausedUntil: 0,
    skips: new Map(),
  });
  state.index.timers.push({ at: turn.now + silenceMs(state), kind: "session", id: record.worker });
  refreshIdle(state, record.worker, turn);
}

// What the worker holds and we do not know is revoked; what we lent and it has lost is lent anew; what it may have missed is said again.
function reconcile(state: CoordinatorState, input: Of<"workerHello">, turn: CoordinatorTurn): void {
  const { worker } = input.record;
  const holding = new Map(input.holding.map(({ leaseId, attempt }) => [leaseId, attempt]));
  for (const [leaseId, attempt] of holding) {
    const lease = leaseOf(state, worker, leaseId);
    if (lease === undefined || lease.attempt !== attempt) tellRevoked(turn, worker, leaseId);
    else if (lease.state === "offered" || lease.state === "accepted") startLease(lease, turn);
    else if (lease.state === "committed") sendCommitSet(state, lease, turn);
    else repeatEnd(lease, turn);
  }
  for (const leaseId of [...(state.index.liveLeases.get(worker) ?? [])]) {
    const lease = state.ledger.leases.get(leaseId);
    if (lease === undefined || holding.has(leaseId) || !isLive(lease.state)) continue;
    if (lease.state === "offered") mailTo(turn, worker).leases.push(leaseItemOf(state, lease));
    else revokeLease(state, lease, { reason: { code: "notHeld", message: "the worker came back without it" }, turn });
  }
  for (const escrow of state.ledger.escrows.values()) {
    if (escrow.chain.phase !== "closed" && escrow.owed.has(worker)) mailTo(turn, worker).vouchers.add(escrow.escrowId);
  }
}

/** The stream broke: the worker has a moment to come back. */
export function workerGone(state: CoordinatorState, input: Of<"workerGone">, turn: CoordinatorTurn): Outcome {
  const session = state.presence.sessions.get(input.worker);
  if (session === undefined || session.session !== input.session) {
    return rejected("staleSession", "another stream of this worker took over");
  }
  if (session.goneAt !== null) return accepted();
  session.goneAt = turn.now;
  state.presence.connected.delete(input.worker);
  refreshIdle(state, input.worker, turn);
  state.index.timers.push({ at: turn.now + state.config.policy.goneGraceMs, kind: "session", id: input.worker });
  return accepted();
}

/** A heartbeat, with what the worker still works on. */
export function workerBeat(state: CoordinatorState, input: Of<"workerBeat">, turn: CoordinatorTurn): Outcome {
  const session = sawWorker(state, input, turn);
  if (session === null) return rejected("staleSession", "this stream was given up; say hello again");
  lookAtChallenges(state, session, turn);
  for (const { leaseId, done, total, checkpoints } of input.message.leases) {
    const lease = leaseOf(state, input.worker, leaseId);
    if (lease === undefined) tellRevoked(turn, input.worker, leaseId);
    else if (isLive(lease.state)) {
      state.presence.progress.set(lease.leaseId, { done, total });
      noteCheckpoints(state, lease, { told: checkpoints, turn });
    } else repeatEnd(lease, turn);
  }
  return accepted();
}

/** Looks whether a worker is silent or gone for too long. */
export function sessionOverdue(state: CoordinatorState, worker: Address, turn: CoordinatorTurn): void {
  const session = state.presence.sessions.get(worker);
  if (session === undefined) return;
  const dueAt = sessionDueAt(state, session);
  if (dueAt > turn.now) {
    if (session.goneAt === null) state.index.timers.push({ at: dueAt, kind: "session", id: worker });
    return;
  }
  if (session.goneAt === null) {
    session.goneAt = turn.now;
    state.presence.connected.delete(worker);
    const message = "no heartbeat; open a new stream and say what you hold";
    turn.request({ type: "refuseWorker", worker, session: session.session, code: "silent", message });
  }
  refreshIdle(state, worker, turn);
  const { committedGraces, goneGraceMs } = state.config.policy;
  const forGoodAt = session.goneAt + committedGraces * goneGraceMs;
  workerLost(state, worker, { isForGood: forGoodAt <= turn.now, turn });
  if (forGoodAt > turn.now && state.index.liveLeases.has(worker))
    state.index.timers.push({ at: forGoodAt, kind: "session", id: worker });
}

function sessionDueAt(state: CoordinatorState, session: Session): number {
  return session.goneAt === null
    ? session.lastSeenAt + silenceMs(state)
    : session.goneAt + state.config.policy.goneGraceMs;
}

function silenceMs(state: CoordinatorState): number {
  return state.config.policy.beatEveryMs * state.config.policy.beatsMissedMax;
}

/** Takes back what a lost worker had; an answer that only has to be revealed is kept until the worker is gone for good. */
function workerLost(
  state: CoordinatorState,
  address: Address,
  { isForGood, turn }: { readonly isForGood: boolean; readonly turn: CoordinatorTurn },
): void {
  const reason = { code: "workerLost", message: "the worker was silent or gone for too long" };
  for (const leaseId of [...(state.index.liveLeases.get(address) ?? [])]) {
    const lease = state.ledger.leases.get(leaseId);
    if (lease === undefined || !isLive(lease.state) || (lease.revealBy !== null && !isForGood)) continue;
    if (planted(state, "forgetRevokeOnLost")) forgetRevoke(state, lease, { reason, turn });
    else revokeLease(state, lease, { reason, turn });
  }
  const worker = state.ledger.workers.get(address);
  if (worker?.state === "admitted" || worker?.state === "suspended") {
    turn.record({ type: "workerLeft", worker: address, reason });
  }
}

function forgetRevoke(
  state: CoordinatorState,
  lease: Lease,
  { reason, turn }: { reason: Reason; turn: CoordinatorTurn },
): void {
  const task = state.ledger.tasks.get(lease.taskId);
  if (task !== undefined && task.set === null) requeueTask(task, { wanted: task.wanted + 1, reason }, turn);
}

/** After a restart: workers that did not come back in time are lost. */
export function loseAbsentWorkers(state: CoordinatorState, turn: CoordinatorTurn): void {
  for (const worker of [...state.index.liveLeases.keys()].sort()) {
    if (!isConnected(state.presence.sessions.get(worker))) workerLost(state, worker, { isForGood: true, turn });
  }
}
