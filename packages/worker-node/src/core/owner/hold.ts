// The owner's word: pause, take the machine back with notice, go on. A hold outlives the process, draining ends with it.
import { accepted, earliest, type Millis, minute, type Outcome, rejected } from "@starling/kernel";
import {
  type Address,
  type DeclineReason,
  type FailureItem,
  type LeaseId,
  reclaimedReason,
  type WorkerHold,
} from "@starling/protocol";
import { askAt, askToStop, keepsCheckpoints } from "../lifecycle/checkpoint.ts";
import type { WorkerState } from "../state.ts";
import type { WorkerTurn } from "../worker.ts";
import { isOpen, minutesClosed } from "./hours.ts";

/** What the owner has said and not taken back. */
export interface Hold {
  /** Both take nothing new. What is `paused` finishes all it has; what is `reclaimed` gives back whatever does not run to its end in time. */
  readonly kind: "paused" | "reclaimed";
  /** Milliseconds since the epoch, as below. */
  readonly since: Millis;
  /** So long running tasks may finish; null where they may for as long as they need. */
  readonly killAt: Millis | null;
}

/** What the owner may ask of a running worker. */
export type OwnerWish =
  | { readonly kind: "pause" }
  | { readonly kind: "resume" }
  /** The machine is wanted: running tasks have this long. */
  | { readonly kind: "reclaim"; readonly noticeMs: Millis };

/** What holds now, for people. `closed`: these are not the owner's hours. */
export interface Stance {
  readonly state: "working" | "paused" | "draining" | "reclaiming" | "reclaimed" | "closed";
  readonly since: Millis | null;
  /** When what still runs is given back; null where nothing is. */
  readonly killAt: Millis | null;
}

/** Whether anything new may be taken. */
export function takesWork(state: WorkerState): boolean {
  return state.ledger.hold === null && state.presence.drainingSince === null && isOpen(state);
}

/** What the worker does about work, and since when. */
export function stanceOf(state: WorkerState): Stance {
  const { hold } = state.ledger;
  const { drainingSince } = state.presence;
  if (hold?.kind === "reclaimed") {
    const { since, killAt } = hold;
    return isAtWork(state) ? { state: "reclaiming", since, killAt } : { state: "reclaimed", since, killAt: null };
  }
  if (drainingSince !== null) return { state: "draining", since: drainingSince, killAt: null };
  if (hold !== null) return { state: "paused", since: hold.since, killAt: null };
  return { state: isOpen(state) ? "working" : "closed", since: null, killAt: null };
}

/** What coordinators are told of the owner's wish; null where he lets the machine work. */
export function holdOf(state: WorkerState, now: Millis): WorkerHold | null {
  const { state: stance } = stanceOf(state);
  switch (stance) {
    case "working":
      return null;
    case "reclaiming":
      return { reason: "reclaimed" };
    case "closed": {
      const minutes = minutesClosed(state);
      return { reason: "closed", ...(minutes === null ? {} : { until: now + minutes * minute }) };
    }
    default:
      return { reason: stance };
  }
}

/** The owner says something. Saying it twice changes nothing, but a shorter notice counts. */
export function ownerAsked(state: WorkerState, wish: OwnerWish, turn: WorkerTurn): Outcome {
  const { hold } = state.ledger;
  if (wish.kind === "resume") {
    if (hold !== null) change(null, turn);
    state.presence.drainingSince = null;
    return accepted();
  }
  if (wish.kind === "pause") {
    if (hold?.kind === "reclaimed")
      return rejected("draining", "the machine was taken back, which is more than a pause; resume ends both");
    if (hold === null) change({ kind: "paused", since: turn.now, killAt: null }, turn);
  } else {
    const killAt = turn.now + wish.noticeMs;
    const since = hold?.kind === "reclaimed" ? hold.since : turn.now;
    if (hold === null || hold.killAt === null || killAt < hold.killAt)
      change({ kind: "reclaimed", since, killAt }, turn);
  }
  declinePending(state, turn);
  return accepted();
}

/** Ends what a machine that was taken back does not run, or no longer may. Before anything is started, in every turn. */
export function giveBack(state: WorkerState, turn: WorkerTurn): void {
  const { ledger, presence } = state;
  if (ledger.hold?.kind !== "reclaimed") return;
  const killAt = ledger.hold.killAt ?? 0;
  const isOver = turn.now >= killAt;
  const items = new Map<Address, FailureItem[]>();
  for (const [leaseId, held] of [...ledger.leases]) {
    const { state: step, coordinator, lease } = held;
    if (step !== "accepted" && step !== "running") continue;
    const runs = presence.running.has(leaseId);
    if (runs && !isOver) {
      if (keepsCheckpoints(held) && turn.now >= askAt(held, killAt)) askToStop(state, leaseId, turn);
      continue;
    }
    // Its end tells how far it has come, within a moment.
    if (runs && keepsCheckpoints(held)) {
      killOnce(state, leaseId, turn);
      continue;
    }
    if (runs) kill(state, leaseId, turn);
    // Whoever is away hears it at its next greeting: unsaid, it would look like a lease that was lost.
    if (!presence.connections.has(coordinator)) continue;
    turn.record({ type: "leaseFailed", leaseId, reason: reclaimedReason });
    const checkpoints = presence.told.get(leaseId);
    const told = checkpoints === undefined ? {} : { checkpoints };
    const item = { leaseId, attempt: lease.attempt, kind: "infrastructure", ...givenBack, ...told } as const;
    presence.told.delete(leaseId);
    items.set(coordinator, [...(items.get(coordinator) ?? []), item]);
  }
  if (isOver) endJudgements(state, turn);
  for (const [coordinator, failed] of items) turn.request({ type: "sendFailures", coordinator, items: failed });
}

/** When time alone ends a hold's notice; null where nothing runs that could be ended. */
export function noticeEnds({ ledger, presence }: WorkerState): Millis | null {
  const killAt = ledger.hold?.killAt ?? null;
  if (killAt === null) return null;
  let wake: Millis | null = isJudging(presence) ? killAt : null;
  for (const leaseId of presence.running) {
    if (presence.killed.has(leaseId)) continue;
    const held = ledger.leases.get(leaseId);
    const isAsked = held === undefined || presence.stopping.has(leaseId) || !keepsCheckpoints(held);
    wake = earliest(wake, isAsked ? killAt : askAt(held, killAt));
  }
  return wake;
}

/** Whether anything runs for others that was not told to end. */
function isAtWork({ presence }: WorkerState): boolean {
  return presence.running.size > 0 || isJudging(presence);
}

function isJudging({ judging, ending }: WorkerState["presence"]): boolean {
  return [...judging].some((dutyId) => !ending.has(dutyId));
}

/** Whether tasks may be started. */
export function startsTasks({ ledger, presence }: WorkerState): boolean {
  return ledger.hold?.kind !== "reclaimed" && !presence.processEnds;
}

const givenBack = { reason: reclaimedReason, message: "the owner has taken the machine back", log: "" };

function change(hold: Hold | null, turn: WorkerTurn): void {
  turn.record({ type: "holdChanged", hold, at: turn.now });
}

function killOnce({ presence }: WorkerState, leaseId: LeaseId, turn: WorkerTurn): void {
  if (presence.killed.has(leaseId)) return;
  presence.killed.add(leaseId);
  presence.stopping.add(leaseId);
  turn.request({ type: "killRun", leaseId });
}

function kill({ presence }: WorkerState, leaseId: LeaseId, turn: WorkerTurn): void {
  presence.running.delete(leaseId);
  presence.ending.add(leaseId);
  presence.progress.delete(leaseId);
  turn.request({ type: "killRun", leaseId });
}

// The vote stays owed: the task is judged when the owner lets it, and abstained from when that comes too late.
function endJudgements({ presence }: WorkerState, turn: WorkerTurn): void {
  for (const dutyId of presence.judging) {
    if (presence.ending.has(dutyId)) continue;
    presence.ending.add(dutyId);
    turn.request({ type: "endJudging", dutyId });
  }
}

function declinePending({ presence }: WorkerState, turn: WorkerTurn): void {
  const reason: DeclineReason = "draining";
  for (const [leaseId, { coordinator }] of [...presence.pending]) {
    presence.pending.delete(leaseId);
    const message = "the owner has stopped this worker from taking work";
    turn.request({ type: "sendDeclines", coordinator, leases: [{ leaseId, reason, message }] });
  }
}
