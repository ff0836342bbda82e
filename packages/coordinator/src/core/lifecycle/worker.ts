// Workers: admission, signs of life, slots, loss, suspension and bans. Who is connected is presence; who is admitted is a fact.
import { accepted, type Outcome, rejected } from "@starling/kernel";
import type { Address, DeclineReason } from "@starling/protocol";
import { stepKey } from "../indexes/index-state.ts";
import type { CoordinatorInput } from "../input.ts";
import type { LackReason, Lease } from "../ledger/lease.ts";
import { unavailable } from "../scheduling/eligibility.ts";
import { type CoordinatorState, freeSlots, isConnected, planted, type Session } from "../state.ts";
import type { CoordinatorTurn } from "../turn.ts";

type Of<T extends CoordinatorInput["type"]> = Extract<CoordinatorInput, { type: T }>;

/** Any frame is a sign of life; one of a stream that was given up for silent brings it back. */
export function sawWorker(
  state: CoordinatorState,
  { worker, session }: { readonly worker: Address; readonly session: string },
  turn: CoordinatorTurn,
): Session | null {
  const known = state.presence.sessions.get(worker);
  if (known === undefined || known.session !== session) return null;
  known.lastSeenAt = turn.now;
  return known.goneAt === null ? known : null;
}

/** The worker says how many leases it takes: an absolute number, so a repeated ask changes nothing. */
export function workerAsked(state: CoordinatorState, input: Of<"workerAsked">, turn: CoordinatorTurn): Outcome {
  const session = sawWorker(state, input, turn);
  if (session === null) return rejected("staleSession", "another stream of this worker took over; ask on that one");
  session.asked = Math.max(0, input.message.freeSlots);
  session.classes = input.message.classes;
  session.hold = input.message.hold ?? null;
  session.pausedUntil = 0;
  // Leases that the worker had not seen when it asked come on top of what it counted.
  session.taken.clear();
  for (const leaseId of state.index.liveLeases.get(input.worker) ?? []) {
    if (state.ledger.leases.get(leaseId)?.state === "offered") session.taken.add(leaseId);
  }
  refreshIdle(state, input.worker, turn);
  return accepted();
}

/** Puts a worker among those that wait for work, or takes it out. */
export function refreshIdle(state: CoordinatorState, address: Address, turn: CoordinatorTurn): void {
  const worker = state.ledger.workers.get(address);
  const session = state.presence.sessions.get(address);
  const waits =
    worker !== undefined &&
    isConnected(session) &&
    unavailable(state, worker, turn.now) === null &&
    freeSlots(session) > 0 &&
    session.pausedUntil <= turn.now;
  if (!waits) {
    state.presence.idle.remove(address);
    return;
  }
  state.presence.idle.add(address, worker.operator);
  turn.changed.workers.add(address);
}

/** A lease that was counted against the worker's ask is over: the slot is free again. */
export function giveSlotBack(state: CoordinatorState, lease: Lease, turn: CoordinatorTurn): void {
  const session = state.presence.sessions.get(lease.worker);
  if (session === undefined || planted(state, "leakSlot")) return;
  if (session.taken.delete(lease.leaseId)) refreshIdle(state, lease.worker, turn);
}

/** After a refusal the worker, or this step of the job, is left alone for a while. */
export function pauseAfterDecline(
  state: CoordinatorState,
  { lease, reason }: { readonly lease: Lease; readonly reason: DeclineReason | LackReason },
  turn: CoordinatorTurn,
): void {
  const session = state.presence.sessions.get(lease.worker);
  const task = state.ledger.tasks.get(lease.taskId);
  if (session === undefined || task === undefined) return;
  const { declinePauseMs, declineSkipMs } = state.config.policy;
  const isPassing =
    reason === "noCapacity" || reason === "notAllotted" || reason === "creditLimit" || reason === "badLease";
  const until = turn.now + (isPassing ? declinePauseMs : declineSkipMs);
  const key = stepKey(task.jobId, task.step);
  if (reason === "noCapacity") session.pausedUntil = until;
  else rememberSkip(session, { key, until, code: reason, most: state.config.policy.skipsMax });
  state.index.timers.push({ at: until, kind: "idle", id: lease.worker });
}

interface NewSkip {
  readonly key: string;
  readonly until: number;
  readonly code: string;
  readonly most: number;
}

// Beyond the bound all are forgotten: the worse that follows is a lease that is declined once more.
function rememberSkip(session: Session, { key, until, code, most }: NewSkip): void {
  if (session.skips.size >= most) session.skips.clear();
  session.skips.set(key, { until, code });
}

/** Counts on after a lost or failed lease: too many in a row suspend the worker, longer each time. */
export function noteFault(state: CoordinatorState, address: Address, turn: CoordinatorTurn): void {
  const worker = state.ledger.workers.get(address);
  const { suspendAfter, suspendMs, suspendMsMax } = state.config.policy;
  if (worker === undefined || worker.state !== "admitted" || worker.faults < suspendAfter) return;
  const doublings = Math.min(worker.faults - suspendAfter, 16);
  const until = turn.now + Math.min(suspendMs * 2 ** doublings, suspendMsMax);
  const message = `${worker.faults} leases in a row were lost or failed here`;
  turn.record({ type: "workerSuspended", worker: address, reason: { code: "faults", message }, until });
  refreshIdle(state, address, turn);
}

/** Ends a suspension when its time has come. */
export function suspensionOver(state: CoordinatorState, address: Address, turn: CoordinatorTurn): void {
  const worker = state.ledger.workers.get(address);
  if (worker === undefined || worker.state !== "suspended" || worker.suspendedUntil === null) return;
  if (worker.suspendedUntil > turn.now) return;
  turn.record({ type: "workerAdmitted", worker: address });
  refreshIdle(state, address, turn);
}

/** The worker says what its machine was measured to do; shown to people, and no more than its word. */
export function machineMeasured(state: CoordinatorState, input: Of<"machineMeasured">, turn: CoordinatorTurn): Outcome {
  const session = sawWorker(state, input, turn);
  if (session === null) return rejected("staleSession", "another stream of this worker took over");
  session.measured = input.message.measured;
  return accepted();
}

/** The worker's owner wants it to take no more work. */
export function workerDrained(state: CoordinatorState, input: Of<"workerDrained">, turn: CoordinatorTurn): Outcome {
  const worker = state.ledger.workers.get(input.worker);
  if (worker === undefined) return rejected("workerUnknown", "no worker of this address has been here");
  if (worker.drainedSeq === null) {
    turn.record({ type: "workerDraining", worker: input.worker, seq: worker.signed.record.seq });
  }
  refreshIdle(state, input.worker, turn);
  return accepted();
}
