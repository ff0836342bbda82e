// A large positional tree in runs of leaves: each run is a subtree that is hashed by itself, so that no moment has to hash all of them.
import { assert } from "@starling/kernel";
import type { Hash } from "./ids.ts";
import { type MerkleTree, merkleDepth, merkleProof, merkleTree } from "./merkle.ts";

/** The subtree of one run of a larger tree, whose runs have so many leaves each, a power of two; the last may have fewer. */
export function runTree(leaves: readonly Hash[], runLeaves: number): MerkleTree {
  assert(leaves.length <= runLeaves, `a run cannot have ${leaves.length} of ${runLeaves} leaves`);
  return merkleTree(leaves, { depth: depthOf(runLeaves) });
}

/** The upper part of a tree of two runs or more, over the roots of their subtrees. */
export function treeOfRuns(roots: readonly Hash[], runLeaves: number): MerkleTree {
  assert(roots.length > 1, "a tree of one run is no taller than its leaves need");
  return merkleTree(roots, { base: depthOf(runLeaves) });
}

/** The siblings of a leaf of a large tree, from its run's subtree and from the upper part. */
export function proofThroughRuns(run: MerkleTree, upper: MerkleTree, index: number): readonly Hash[] {
  const runLeaves = 2 ** upper.base;
  const lower = merkleProof(run, index % runLeaves);
  return [...lower, ...merkleProof(upper, Math.floor(index / runLeaves))];
}

function depthOf(runLeaves: number): number {
  const depth = merkleDepth(runLeaves);
  assert(2 ** depth === runLeaves, `a run of ${runLeaves} leaves is no subtree`);
  return depth;
}
