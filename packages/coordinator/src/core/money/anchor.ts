// Result roots: accepted results are closed into batches, committed on chain and signed; then their tasks are final.
import { accepted, type Outcome, present, rejected } from "@starling/kernel";
import { type EscrowId, merkleRoot, type TaskId, zeroHash } from "@starling/protocol";
import { intentStatus } from "@starling/settlement";
import type { CoordinatorInput } from "../input.ts";
import type { Batch, Escrow } from "../ledger/escrow.ts";
import { isJobOver } from "../lifecycle/tables.ts";
import { resultLeafOf } from "../program.ts";
import { type CoordinatorState, isChainless } from "../state.ts";
import type { CoordinatorTurn } from "../turn.ts";
import { canIntend, intendCall } from "./bridge.ts";
import { chainSeconds } from "./clock.ts";

/** Anchors what is due: a full batch, or the rest when a job has ended. One batch at a time, since the contract counts them. */
export function anchorResults(state: CoordinatorState, escrow: Escrow, turn: CoordinatorTurn): void {
  if (!canCommit(state, escrow, turn.now)) return;
  const open = escrow.batches.find((batch) => batch.place === null);
  if (open !== undefined) {
    retryBatch(state, escrow, { batch: open, turn });
    return;
  }
  const { batchTasksMax } = state.config.policy;
  if (escrow.unanchored.length === 0) return;
  const isDue = escrow.unanchored.length >= batchTasksMax || escrow.closing !== null || hasEnded(state, escrow);
  if (isDue) closeBatch(state, escrow, { taskIds: escrow.unanchored.slice(0, batchTasksMax), last: false, turn });
}

/** Whether the contract still takes roots. */
export function canCommit(state: CoordinatorState, escrow: Escrow, now: number): boolean {
  return escrow.chain.phase === "open" && chainSeconds(state, now) < escrow.chain.deadlineSeconds && canIntend(state);
}

function hasEnded(state: CoordinatorState, escrow: Escrow): boolean {
  return escrow.unanchored.some((taskId) => {
    const task = present(state.ledger.tasks.get(taskId), `task ${taskId}`);
    return isJobOver(present(state.ledger.jobs.get(task.jobId), `job ${task.jobId}`).state);
  });
}

interface Closing {
  readonly taskIds: readonly TaskId[];
  readonly last: boolean;
  readonly turn: CoordinatorTurn;
}

/** Closes a batch and hands its root to the sender and to the signer; an empty one only ends the work. */
export function closeBatch(state: CoordinatorState, escrow: Escrow, { taskIds, last, turn }: Closing): void {
  const { escrowId } = escrow;
  const batch = escrow.batches.length;
  const leaves = taskIds.map((taskId, index) =>
    resultLeafOf(state, present(state.ledger.tasks.get(taskId), `task ${taskId}`), index),
  );
  const root = leaves.length === 0 ? zeroHash : merkleRoot(leaves);
  const intentId = `commit/${escrowId}/${escrow.nextIntent}`;
  turn.record({ type: "batchClosed", escrowId, batch, root, taskIds, intentId, last });
  const count = taskIds.length;
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

/** A root is confirmed: its tasks are final. */
export function finishTasks(state: CoordinatorState, batch: Batch, turn: CoordinatorTurn): void {
  for (const taskId of batch.taskIds) {
    const task = state.ledger.tasks.get(taskId);
    if (task?.state === "accepted") turn.record({ type: "taskFinal", taskId, at: turn.now });
  }
}
