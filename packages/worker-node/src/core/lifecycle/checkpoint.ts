// Checkpoints of running leases: kept, told, asked for before a run has to end, and gone on from.
import { accepted, type Millis, type Outcome, rejected } from "@starling/kernel";
import type { Checkpoint, LeaseId } from "@starling/protocol";
import type { WorkerInput } from "../input.ts";
import type { HeldLease, WorkerState } from "../state.ts";
import type { WorkerTurn } from "../worker.ts";

/** A running lease has left checkpoints: the newest is what a next run goes on from, and its coordinator hears of all. */
export function checkpointsKept(
  { ledger, presence }: WorkerState,
  { leaseId, attempt, checkpoints }: Extract<WorkerInput, { type: "checkpointsKept" }>,
  turn: WorkerTurn,
): Outcome {
  const held = ledger.leases.get(leaseId);
  if (held?.state !== "running" || held.lease.attempt !== attempt || !presence.running.has(leaseId))
    return rejected("unknownLease", "the lease is no longer running here");
  const newest = checkpoints.at(-1);
  if (newest === undefined) return accepted();
  turn.record({ type: "checkpointKept", leaseId, checkpoint: newest, at: turn.now });
  presence.told.set(leaseId, checkpoints);
  // A run that is to end tells them with its failure.
  if (presence.stopping.has(leaseId)) return accepted();
  const { done, total } = presence.progress.get(leaseId) ?? { done: 0, total: 0 };
  turn.request({
    type: "sendCheckpoints",
    coordinator: held.coordinator,
    lease: { leaseId, done, total, checkpoints },
  });
  return accepted();
}

/**
 * What a run goes on from: the newest that it has kept itself, else what its lease names. Whoever goes on from a checkpoint that he has
 * not made answers for what others did, so that is done only where a wrong answer costs nothing.
 */
export function resumeOf({ ledger }: WorkerState, { lease, checkpoint }: HeldLease): { readonly resume?: Checkpoint } {
  const own = ledger.ownCheckpoints?.get(lease.taskSpec);
  const isTrusted = lease.resume !== undefined && (lease.fine === 0n || own?.cid === lease.resume.cid);
  const resume = checkpoint ?? (isTrusted ? lease.resume : undefined);
  return resume === undefined ? {} : { resume };
}

/** When a run that has to be dead at a moment is asked for its last checkpoint. */
export function askAt({ lease }: HeldLease, killAt: Millis): Millis {
  return killAt - (lease.task.limits.checkpoint?.graceMs ?? 0);
}

/** Whether the lease's runs keep checkpoints: they are waited for when they have to end. */
export function keepsCheckpoints({ lease }: HeldLease): boolean {
  return lease.task.limits.checkpoint !== undefined;
}

/** Asks a run for its last checkpoint, once. */
export function askToStop({ presence }: WorkerState, leaseId: LeaseId, turn: WorkerTurn): void {
  if (presence.stopping.has(leaseId)) return;
  presence.stopping.add(leaseId);
  turn.request({ type: "stopRun", leaseId });
}

/** The process ends: runs with checkpoints are asked for their last one, and nothing is started any more. */
export function endRequested(state: WorkerState, turn: WorkerTurn): Outcome {
  state.presence.processEnds = true;
  for (const leaseId of state.presence.running) {
    const held = state.ledger.leases.get(leaseId);
    if (held !== undefined && keepsCheckpoints(held)) askToStop(state, leaseId, turn);
  }
  return accepted();
}
