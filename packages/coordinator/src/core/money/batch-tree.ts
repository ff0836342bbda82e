// The tree over a batch's results: whole runs are hashed when they are there, and what a proof needs is hashed again when it is asked for.
import { present } from "@starling/kernel";
import {
  type Hash,
  type MerkleTree,
  merkleProof,
  merkleTree,
  proofThroughRuns,
  runTree,
  type TaskId,
  treeOfRuns,
} from "@starling/protocol";
import type { Batch } from "../ledger/escrow.ts";
import { resultLeafOf } from "../program.ts";
import type { CoordinatorState } from "../state.ts";

type Content = Pick<Batch, "taskIds" | "runs">;

/** Leaves of results at some places of their batch. */
export function leavesOf(
  state: CoordinatorState,
  taskIds: readonly TaskId[],
  { from, to }: { readonly from: number; readonly to: number },
): readonly Hash[] {
  return taskIds
    .slice(from, to)
    .map((taskId, i) => resultLeafOf(state, present(state.ledger.tasks.get(taskId), `task ${taskId}`), from + i));
}

/** The root over a batch of at least one result. */
export function batchRoot(state: CoordinatorState, content: Content): Hash {
  const upper = upperPart(state, content);
  return upper === null ? onlyRun(state, content).root : upper.root;
}

/** Gives proofs of places in a batch, and hashes each run that is asked for once. */
export function proofsOf(state: CoordinatorState, content: Content): (index: number) => readonly Hash[] {
  const upper = upperPart(state, content);
  if (upper === null) {
    const tree = onlyRun(state, content);
    return (index) => merkleProof(tree, index);
  }
  const runs = new Map<number, MerkleTree>();
  const size = 2 ** upper.base;
  return (index) => {
    const place = Math.floor(index / size);
    const run = runs.get(place) ?? runAt(state, content, { place, size });
    runs.set(place, run);
    return proofThroughRuns(run, upper, index);
  };
}

// Null where one run holds everything: the tree is no taller than its leaves need then.
function upperPart(state: CoordinatorState, content: Content): MerkleTree | null {
  const { taskIds, runs } = content;
  const size = runs[0]?.count ?? taskIds.length;
  if (taskIds.length <= size) return null;
  const roots = runs.map(({ root }) => root);
  const isRagged = taskIds.length > roots.length * size;
  return treeOfRuns(isRagged ? [...roots, runAt(state, content, { place: roots.length, size }).root] : roots, size);
}

function onlyRun(state: CoordinatorState, { taskIds }: Content): MerkleTree {
  return merkleTree(leavesOf(state, taskIds, { from: 0, to: taskIds.length }));
}

function runAt(
  state: CoordinatorState,
  { taskIds }: Content,
  { place, size }: { readonly place: number; readonly size: number },
): MerkleTree {
  return runTree(leavesOf(state, taskIds, { from: place * size, to: (place + 1) * size }), size);
}
