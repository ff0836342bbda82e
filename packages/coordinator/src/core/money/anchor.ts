// Result roots: accepted results are closed into batches, committed on chain and signed; then their tasks are final.
import { accepted, type Outcome, present, rejected } from "@starling/kernel";
import { type EscrowId, runTree, type TaskId, zeroHash } from "@starling/protocol";
import { intentStatus } from "@starling/settlement";
import type { CoordinatorInput } from "../input.ts";
import type { Batch, Escrow } from "../ledger/escrow.ts";
import { isJobOver } from "../lifecycle/tables.ts";
import { type CoordinatorState, isChainless } from "../state.ts";
import type { CoordinatorTurn } from "../turn.ts";
import { batchRoot, leavesOf } from "./batch-tree.ts";
import { canIntend, intendCall } from "./bridge.ts";
import { chainSeconds } from "./clock.ts";

/**
 * Hashes what has become a whole run, and anchors what is due: all of it when a job has ended, else a large batch now and then. One batch
 * at a time, since the contract counts them.
 */
export function anchorResults(state: CoordinatorState, escrow: Escrow, turn: CoordinatorTurn): void {
  while (hasWholeRun(state, escrow)) sealRun(state, escrow, turn);
  if (!canCommit(state, escrow, turn.now)) return;
  const open = escrow.batches.find((batch) => batch.place === null);
  if (open !== undefined) {
    retryBatch(state, escrow, { batch: open, turn });
    return;
  }
  const { unanchored } = escrow;
  const most = batchTasksMax(state, escrow);
  if (unanchored.length === 0) return;
  if (escrow.closing !== null || hasEnded(state, escrow) || isOpportune(state, escrow, turn.now))
    closeBatch(state, escrow, { count: Math.min(unanchored.length, most), last: false, turn });
}

/** Whether results that stand in no batch yet have become a whole run that was not hashed. */
export function hasWholeRun(state: CoordinatorState, escrow: Escrow): boolean {
  const sealed = escrow.runs.length + 1;
  const size = runTasks(state, escrow);
  return sealed * size <= Math.min(escrow.unanchored.length, batchTasksMax(state, escrow));
}

// Runs of one batch are of one size, also when a newer version of this program has another.
function runTasks(state: CoordinatorState, { runs }: Escrow): number {
  return runs[0]?.count ?? state.config.policy.runTasks;
}

function batchTasksMax(state: CoordinatorState, escrow: Escrow): number {
  const size = runTasks(state, escrow);
  return size * Math.max(1, Math.floor(state.config.policy.batchTasksMax / size));
}

function sealRun(state: CoordinatorState, escrow: Escrow, turn: CoordinatorTurn): void {
  const count = runTasks(state, escrow);
  const from = escrow.runs.length * count;
  const root = runTree(leavesOf(state, escrow.unanchored, { from, to: from + count }), count).root;
  turn.record({ type: "runSealed", escrowId: escrow.escrowId, root, count });
}

/** Whether the contract still takes roots. */
export function canCommit(state: CoordinatorState, escrow: Escrow, now: number): boolean {
  return escrow.chain.phase === "open" && chainSeconds(state, now) < escrow.chain.deadlineSeconds && canIntend(state);
}

function hasEnded(state: CoordinatorState, { unanchoredOf }: Escrow): boolean {
  return [...unanchoredOf.keys()].some((jobId) =>
    isJobOver(present(state.ledger.jobs.get(jobId), `job ${jobId}`).state),
  );
}

// The first whole run is anchored at once, so that whoever watches a long job sees that results do become final.
function isOpportune(state: CoordinatorState, escrow: Escrow, now: number): boolean {
  if (escrow.runs.length === 0) return false;
  const dueAt = escrow.batchedAt === null ? now : escrow.batchedAt + state.config.policy.batchEveryMs;
  if (dueAt <= now || escrow.unanchored.length >= batchTasksMax(state, escrow)) return true;
  const { batchAlarms } = state.presence;
  if (batchAlarms.get(escrow.escrowId) !== dueAt) {
    batchAlarms.set(escrow.escrowId, dueAt);
    state.index.timers.push({ at: dueAt, kind: "escrow", id: escrow.escrowId });
  }
  return false;
}

interface Closing {
  readonly count: number;
  readonly last: boolean;
  readonly turn: CoordinatorTurn;
}

/** Closes a batch of the oldest results and hands its root to the sender and to the signer; an empty one only ends the work. */
export function closeBatch(state: CoordinatorState, escrow: Escrow, { count, last, turn }: Closing): void {
  const { escrowId } = escrow;
  const batch = escrow.batches.length;
  const taskIds = escrow.unanchored.slice(0, count);
  const root = count === 0 ? zeroHash : batchRoot(state, { taskIds, runs: escrow.runs });
  const intentId = `commit/${escrowId}/${escrow.nextIntent}`;
  turn.record({ type: "batchClosed", escrowId, batch, root, count, intentId, last, at: turn.now });
  state.presence.batchAlarms.delete(escrowId);
  intendCall(state, { intentId, call: { kind: "commit", escrowId, batch, root, count, last } }, turn);
  if (count > 0) turn.request({ type: "signAnchor", escrowId, batch, root, count, epoch: state.ledger.epoch });
}

// A refused anchor is tried again under a new intent, for as long as the contract takes any.
function retryBatch(
  state: CoordinatorState,
  escrow: Escrow,
  { batch, turn }: { readonly batch: Batch; readonly turn: CoordinatorTurn },
): void {
  // Without a chain only a signature is waited for.
  if (isChainless(state)) return;
  const status = intentStatus(state.ledger.sender, batch.intentId);
  if (status !== null && status !== "failed") return;
  const { escrowId } = escrow;
  const intentId = `commit/${escrowId}/${escrow.nextIntent}`;
  turn.record({ type: "batchRetried", escrowId, batch: batch.batch, intentId });
  const { root, taskIds, last } = batch;
  const call = { kind: "commit", escrowId, batch: batch.batch, root, count: taskIds.length, last } as const;
  intendCall(state, { intentId, call }, turn);
}

/** The coordinator's own signature over a batch, for receipts. */
export function anchorSigned(
  state: CoordinatorState,
  input: Extract<CoordinatorInput, { type: "anchorSigned" }>,
  turn: CoordinatorTurn,
): Outcome {
  const escrowId = input.escrowId as EscrowId;
  const batch = state.ledger.escrows.get(escrowId)?.batches.find((one) => one.batch === input.batch);
  if (batch === undefined || batch.root !== input.signed.root) return rejected("badFrame", "no such batch was closed");
  if (batch.signed !== null) return accepted();
  turn.record({ type: "anchorSigned", escrowId, batch: batch.batch, evidence: input.signed });
  if (isChainless(state)) {
    const { intentId, root, taskIds, last } = batch;
    const call = { kind: "commit", escrowId, batch: batch.batch, root, count: taskIds.length, last } as const;
    intendCall(state, { intentId, call }, turn);
  }
  return accepted();
}

/** Roots that are confirmed make their tasks final: a run of them in one turn, the rest in the next ones. */
export function finishTasks(state: CoordinatorState, escrow: Escrow, turn: CoordinatorTurn): void {
  let left = state.config.policy.runTasks;
  for (const { taskIds, place } of escrow.batches) {
    // In order: where the last one is final, all are.
    if (place === null || !isAccepted(state, taskIds.at(-1))) continue;
    for (const taskId of taskIds) {
      if (!isAccepted(state, taskId)) continue;
      if (left === 0) {
        state.index.timers.push({ at: turn.now, kind: "escrow", id: escrow.escrowId });
        return;
      }
      turn.record({ type: "taskFinal", taskId, at: turn.now });
      left -= 1;
    }
  }
}

function isAccepted(state: CoordinatorState, taskId: TaskId | undefined): boolean {
  return taskId !== undefined && state.ledger.tasks.get(taskId)?.state === "accepted";
}
