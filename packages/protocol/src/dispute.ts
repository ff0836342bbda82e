// The names and commitments of disputes, as the court hashes them.
import { abiAddress, abiHash, abiKeccak, abiUint } from "./abi-encode.ts";
import type { Address, EscrowId, Hash, Signature, TaskSpecHash } from "./ids.ts";

/** The id of the one dispute that there can be about a task. */
export function disputeIdOf(escrowId: EscrowId, taskSpec: TaskSpecHash): Hash {
  return abiKeccak(abiHash(escrowId), abiHash(taskSpec));
}

/** One worker's answer to a task, with the signature that it can't deny. */
export interface Statement {
  readonly worker: Address;
  readonly attempt: number;
  readonly resultHash: Hash;
  /** Root of the positional tree of receipt leaves that the worker signed. */
  readonly resultsRoot: Hash;
  /** Where in that tree the answer stands. */
  readonly index: number;
  /** What the worker signed to pay if the answer is wrong, base units. */
  readonly fine: bigint;
  readonly proof: readonly Hash[];
  /** EIP-712 signature of `BatchReceipt(escrowId, resultsRoot, fine)`. */
  readonly signature: Signature;
}

/** One juror's vote before it is revealed. */
export interface Vote {
  readonly disputeId: Hash;
  /** 1 for the first jury, 2 for the appeal's. */
  readonly round: number;
  readonly juror: Address;
  /** Digest of the juror's own result; 32 zero bytes abstain. */
  readonly digest: Hash;
  /** 32 random bytes, kept until the reveal. */
  readonly salt: Hash;
}

/** What a juror commits to. It names the juror, so that copying it is useless. */
export function voteCommitment({ disputeId, round, juror, digest, salt }: Vote): Hash {
  return abiKeccak(abiHash(disputeId), abiUint(round, 8), abiAddress(juror), abiHash(digest), abiHash(salt));
}
