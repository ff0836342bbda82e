// The names and commitments of disputes, as the court hashes them.
import { abiAddress, abiHash, abiKeccak, abiUint } from "./abi-encode.ts";
import type { Address, EscrowId, Hash, TaskSpecHash } from "./ids.ts";

/** The id of the one dispute that there can be about a task. */
export function disputeIdOf(escrowId: EscrowId, taskSpec: TaskSpecHash): Hash {
  return abiKeccak(abiHash(escrowId), abiHash(taskSpec));
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
