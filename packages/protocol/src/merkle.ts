// The positional Merkle tree: bit i of a leaf's index says whether its node at level i is a right child. Same as in Solidity.
import { assert } from "@starling/kernel";
import { keccak, type Sha256 } from "./digest.ts";
import { fromHex, toHex, zeroHash } from "./hex.ts";
import type { Hash } from "./ids.ts";

/** All levels of a tree, each level flat and without its padding; level 0 holds the leaves. */
export interface MerkleTree {
  readonly root: Hash;
  readonly count: number;
  readonly levels: readonly Uint8Array[];
  /** The level of a larger tree at which its lowest nodes stand; 0 where they are leaves. */
  readonly base: number;
}

/** Part of a larger tree: at which of its levels this one begins, and how many levels it has at least above that. */
export interface TreePart {
  readonly base?: number;
  readonly depth?: number;
}

const SIZE = 32;
const DEPTH_MAX = 32;
/** By hash function: entry d is the root of a subtree of depth d that holds only zero leaves. */
const paddings = new Map<NodeHash, Uint8Array[]>();

/** What makes a node of its two children: keccak-256 for every tree that a contract reads. */
export type NodeHash = Sha256;

/** The smallest d with 2^d >= count. */
export function merkleDepth(count: number): number {
  assert(Number.isSafeInteger(count) && count > 0 && count <= 2 ** DEPTH_MAX, `a tree cannot have ${count} leaves`);
  let depth = 0;
  while (2 ** depth < count) depth += 1;
  return depth;
}

/** Builds the tree over at least one leaf. Padding is never stored: its nodes are the same in every tree. */
export function merkleTree(leaves: readonly Hash[], part: TreePart = {}): MerkleTree {
  return withoutPause(treeInSlices(flatten(leaves), { hash: keccak, slice: Number.MAX_SAFE_INTEGER, ...part }));
}

/** A tree that is built slice by slice. */
export type TreeSlices = Generator<undefined, MerkleTree>;

/** Builds all of it at once. */
export function withoutPause(slices: TreeSlices): MerkleTree {
  for (;;) {
    const step = slices.next();
    if (step.done === true) return step.value;
  }
}

/**
 * The tree over leaves of 32 bytes each that stand one after the other, with a pause after every so many nodes: a large one must not
 * hold up whoever builds it.
 */
export function* treeInSlices(
  leaves: Uint8Array,
  { hash, slice, base = 0, depth: least = 0 }: { readonly hash: NodeHash; readonly slice: number } & TreePart,
): TreeSlices {
  const count = leaves.length / SIZE;
  const depth = Math.max(least, merkleDepth(count));
  const levels: Uint8Array[] = [leaves];
  for (let level = 0; level < depth; level += 1) {
    const nodes = nodesAt(levels, level);
    const pairs = Math.ceil(nodes.length / (2 * SIZE));
    const above = new Uint8Array(pairs * SIZE);
    for (let from = 0; from < pairs; from += slice) {
      if (from > 0) yield;
      fillParents(above, nodes, { level: base + level, hash, from, to: Math.min(from + slice, pairs) });
    }
    levels.push(above);
  }
  return { root: toHex(nodesAt(levels, depth)), count, levels, base };
}

/** The root alone. */
export function merkleRoot(leaves: readonly Hash[]): Hash {
  return merkleTree(leaves).root;
}

/** The siblings of a leaf from the bottom up; empty for a tree of one leaf. */
export function merkleProof(tree: MerkleTree, index: number, hash: NodeHash = keccak): readonly Hash[] {
  assert(Number.isInteger(index) && index >= 0 && index < tree.count, `there is no leaf ${index}`);
  const proof: Hash[] = [];
  let position = index;
  for (let level = 0; level < tree.levels.length - 1; level += 1) {
    const sibling = position % 2 === 0 ? position + 1 : position - 1;
    proof.push(toHex(nodeOrPadding(nodesAt(tree.levels, level), sibling, { level: tree.base + level, hash })));
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
export function merkleVerify(claim: MerkleClaim, hash: NodeHash = keccak): boolean {
  return merkleClaimRoot(claim, hash) === claim.root;
}

/** The root under which the leaf stands at the index by its proof, or null where the index lies outside the tree that the proof's length implies. */
export function merkleClaimRoot(claim: Omit<MerkleClaim, "root">, hash: NodeHash = keccak): Hash | null {
  const { index, proof } = claim;
  // Without this bound a leaf would have many indices, and an index could be claimed that the tree does not have.
  if (!Number.isSafeInteger(index) || index < 0 || proof.length > DEPTH_MAX || index >= 2 ** proof.length) return null;
  const pair = new Uint8Array(2 * SIZE);
  let node = fromHex(claim.leaf);
  let position = index;
  for (const sibling of proof) {
    const left = position % 2 === 0;
    pair.set(node, left ? 0 : SIZE);
    pair.set(fromHex(sibling), left ? SIZE : 0);
    node = hash(pair);
    position = Math.floor(position / 2);
  }
  return toHex(node);
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

interface Level {
  readonly level: number;
  readonly hash: NodeHash;
}

function fillParents(
  above: Uint8Array,
  nodes: Uint8Array,
  { from, to, ...at }: Level & { readonly from: number; readonly to: number },
): void {
  const pair = new Uint8Array(2 * SIZE);
  for (let i = from; i < to; i += 1) {
    pair.set(nodeOrPadding(nodes, 2 * i, at), 0);
    pair.set(nodeOrPadding(nodes, 2 * i + 1, at), SIZE);
    above.set(at.hash(pair), i * SIZE);
  }
}

function nodeOrPadding(nodes: Uint8Array, position: number, level: Level): Uint8Array {
  const at = position * SIZE;
  return at < nodes.length ? nodes.subarray(at, at + SIZE) : paddingAt(level);
}

function paddingAt({ level, hash }: Level): Uint8Array {
  const padding = paddings.get(hash) ?? [fromHex(zeroHash)];
  paddings.set(hash, padding);
  const known = padding[level];
  if (known !== undefined) return known;
  const below = paddingAt({ level: level - 1, hash });
  const pair = new Uint8Array(2 * SIZE);
  pair.set(below, 0);
  pair.set(below, SIZE);
  const node = hash(pair);
  padding[level] = node;
  return node;
}

function nodesAt(levels: readonly Uint8Array[], level: number): Uint8Array {
  const nodes = levels[level];
  assert(nodes !== undefined, `the tree has no level ${level}`);
  return nodes;
}
