// The positional Merkle tree: bit i of a leaf's index says whether its node at level i is a right child. Same as in Solidity.
import { assert } from "@starling/kernel";
import { keccak } from "./digest.ts";
import { fromHex, toHex, zeroHash } from "./hex.ts";
import type { Hash } from "./ids.ts";

/** All levels of a tree, each level flat and without its padding; level 0 holds the leaves. */
export interface MerkleTree {
  readonly root: Hash;
  readonly count: number;
  readonly levels: readonly Uint8Array[];
}

const SIZE = 32;
const DEPTH_MAX = 32;
/** `padding[d]` is the root of a subtree of depth d that holds only zero leaves. */
const padding: Uint8Array[] = [fromHex(zeroHash)];

/** The smallest d with 2^d >= count. */
export function merkleDepth(count: number): number {
  assert(Number.isSafeInteger(count) && count > 0 && count <= 2 ** DEPTH_MAX, `a tree cannot have ${count} leaves`);
  let depth = 0;
  while (2 ** depth < count) depth += 1;
  return depth;
}

/** Builds the tree over at least one leaf. Padding is never stored: its nodes are the same in every tree. */
export function merkleTree(leaves: readonly Hash[]): MerkleTree {
  const depth = merkleDepth(leaves.length);
  const levels: Uint8Array[] = [flatten(leaves)];
  for (let level = 0; level < depth; level += 1) levels.push(parents(nodesAt(levels, level), level));
  return { root: toHex(nodesAt(levels, depth)), count: leaves.length, levels };
}

/** The root alone. */
export function merkleRoot(leaves: readonly Hash[]): Hash {
  return merkleTree(leaves).root;
}

/** The siblings of a leaf from the bottom up; empty for a tree of one leaf. */
export function merkleProof(tree: MerkleTree, index: number): readonly Hash[] {
  assert(Number.isInteger(index) && index >= 0 && index < tree.count, `there is no leaf ${index}`);
  const proof: Hash[] = [];
  let position = index;
  for (let level = 0; level < tree.levels.length - 1; level += 1) {
    proof.push(
      toHex(nodeOrPadding(nodesAt(tree.levels, level), position % 2 === 0 ? position + 1 : position - 1, level)),
    );
    position = Math.floor(position / 2);
  }
  return proof;
}

/** A claim that a leaf stands at an index under a root. */
export interface MerkleClaim {
  readonly root: Hash;
  /** Position of the leaf from zero. */
  readonly index: number;
  readonly leaf: Hash;
  /** Siblings from the bottom up. */
  readonly proof: readonly Hash[];
}

/** Whether the claim is true. The index must lie inside the tree that the proof's length implies. */
export function merkleVerify(claim: MerkleClaim): boolean {
  const { index, proof } = claim;
  // Without this bound a leaf would have many indices, and an index could be claimed that the tree does not have.
  if (!Number.isSafeInteger(index) || index < 0 || proof.length > DEPTH_MAX || index >= 2 ** proof.length) return false;
  const pair = new Uint8Array(2 * SIZE);
  let node = fromHex(claim.leaf);
  let position = index;
  for (const sibling of proof) {
    const left = position % 2 === 0;
    pair.set(node, left ? 0 : SIZE);
    pair.set(fromHex(sibling), left ? SIZE : 0);
    node = keccak(pair);
    position = Math.floor(position / 2);
  }
  return toHex(node) === claim.root;
}

function flatten(leaves: readonly Hash[]): Uint8Array {
  const flat = new Uint8Array(leaves.length * SIZE);
  leaves.forEach((leaf, i) => {
    const bytes = fromHex(leaf);
    assert(bytes.length === SIZE, "a leaf has 32 bytes");
    flat.set(bytes, i * SIZE);
  });
  return flat;
}

function parents(nodes: Uint8Array, level: number): Uint8Array {
  const pairs = Math.ceil(nodes.length / (2 * SIZE));
  const above = new Uint8Array(pairs * SIZE);
  const pair = new Uint8Array(2 * SIZE);
  for (let i = 0; i < pairs; i += 1) {
    pair.set(nodeOrPadding(nodes, 2 * i, level), 0);
    pair.set(nodeOrPadding(nodes, 2 * i + 1, level), SIZE);
    above.set(keccak(pair), i * SIZE);
  }
  return above;
}

function nodeOrPadding(nodes: Uint8Array, position: number, level: number): Uint8Array {
  const at = position * SIZE;
  return at < nodes.length ? nodes.subarray(at, at + SIZE) : paddingAt(level);
}

function paddingAt(level: number): Uint8Array {
  const known = padding[level];
  if (known !== undefined) return known;
  const below = paddingAt(level - 1);
  const pair = new Uint8Array(2 * SIZE);
  pair.set(below, 0);
  pair.set(below, SIZE);
  const node = keccak(pair);
  padding[level] = node;
  return node;
}

function nodesAt(levels: readonly Uint8Array[], level: number): Uint8Array {
  const nodes = levels[level];
  assert(nodes !== undefined, `the tree has no level ${level}`);
  return nodes;
}
