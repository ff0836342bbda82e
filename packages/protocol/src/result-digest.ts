// The hashes on the way from a task's outputs to the anchored root: digest, commitment, result hash, and the two kinds of leaf.
import { abiAddress, abiHash, abiKeccak, abiStructs, abiUint } from "./abi-encode.ts";
import { taggedDigest } from "./digest.ts";
import type { Address, Hash, TaskSpecHash } from "./ids.ts";
import type { ArtifactRef } from "./work-message.ts";

/** One attempt of one worker, as every commitment and leaf names it. */
export interface AttemptOf {
  readonly taskSpec: TaskSpecHash;
  /** Fencing token: two answers for one attempt are equivocation. */
  readonly attempt: number;
}

/** A replica's answer, as the contract sees it. */
export interface ReplicaResult {
  readonly worker: Address;
  readonly attempt: number;
  readonly resultHash: Hash;
}

/** Digest of a result: its outputs sorted by name, and the exit code (zero for a result that counts). */
export function resultDigest(outputs: readonly ArtifactRef[], exitCode = 0): Hash {
  const sorted = outputs
    .map(({ name, cid, size }) => ({ name, cid, size }))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return taggedDigest("result", { outputs: sorted, exitCode });
}

/** What a worker commits to: its digest under a random salt of 32 bytes, bound to task, attempt and itself. */
export function commitmentOf(
  of: AttemptOf,
  opening: { readonly worker: Address; readonly digest: Hash; readonly salt: Hash },
): Hash {
  return abiKeccak(
    abiHash(of.taskSpec),
    abiUint(of.attempt, 32),
    abiAddress(opening.worker),
    abiHash(opening.digest),
    abiHash(opening.salt),
  );
}

/** The digest bound to its task, so that equal outputs of different tasks have different hashes. */
export function resultHashOf(taskSpec: TaskSpecHash, digest: Hash): Hash {
  return abiKeccak(abiHash(taskSpec), abiHash(digest));
}

/** The leaf of a worker's reveal frame; a batch receipt signs the root over these. */
export function receiptLeaf(of: AttemptOf, digest: Hash): Hash {
  return abiKeccak(abiHash(of.taskSpec), abiUint(of.attempt, 32), abiHash(resultHashOf(of.taskSpec, digest)));
}

/** All answers to a task, dissenters included, in the order of the commit set. */
export function replicasHash(replicas: readonly ReplicaResult[]): Hash {
  return abiKeccak(
    abiStructs(replicas.map((r) => [abiAddress(r.worker), abiUint(r.attempt, 32), abiHash(r.resultHash)])),
  );
}

/** What is anchored for one accepted task. */
export interface ResultLeaf extends AttemptOf {
  /** Position of the task in the anchored batch. */
  readonly index: number;
  readonly resultHash: Hash;
  readonly replicasHash: Hash;
}

/** The leaf of an anchored result root. */
export function resultLeaf(leaf: ResultLeaf): Hash {
  return abiKeccak(
    abiUint(leaf.index, 64),
    abiHash(leaf.taskSpec),
    abiUint(leaf.attempt, 32),
    abiHash(leaf.resultHash),
    abiHash(leaf.replicasHash),
  );
}
