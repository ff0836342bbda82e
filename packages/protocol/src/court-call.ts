// What a Starling process may ask of the court and of the jury pool, as plain data.
import type { Statement } from "./dispute.ts";
import type { Address, EscrowId, Hash, TaskSpecHash } from "./ids.ts";

/** One call of the court, or of the registry about a seat in its jury pool. Each is refused or changes nothing when it is repeated. */
export type CourtCall =
  /** Disputes an answer that a worker signed. The sender posts the bond, by a permit that its own key signs when the call is prepared. */
  | {
      readonly kind: "openOnReceipt";
      readonly escrowId: EscrowId;
      readonly taskSpec: TaskSpecHash;
      readonly statement: Statement;
    }
  /** Holds a further signer to its answer, while evidence is taken. */
  | { readonly kind: "implicate"; readonly disputeId: Hash; readonly statement: Statement }
  /** The first call fixes a block to come, the second one draws the jury by its hash. */
  | { readonly kind: "draw"; readonly disputeId: Hash }
  /** The sending juror commits to a digest; a later commitment replaces it. */
  | { readonly kind: "commitVote"; readonly disputeId: Hash; readonly commitment: Hash }
  /** The sending juror opens its commitment. */
  | { readonly kind: "revealVote"; readonly disputeId: Hash; readonly digest: Hash; readonly salt: Hash }
  /** Anyone has the votes counted and the fines taken, after the windows. */
  | { readonly kind: "resolve"; readonly disputeId: Hash }
  /** Anyone sends what the court has for an account to that account. */
  | { readonly kind: "withdrawCredit"; readonly account: Address }
  /** Fines a worker for two signed answers of one attempt; needs no jury. */
  | {
      readonly kind: "slashEquivocation";
      readonly escrowId: EscrowId;
      readonly taskSpec: TaskSpecHash;
      readonly one: Statement;
      readonly other: Statement;
    }
  /** Takes a seat in the jury pool for a worker; by its operator, or by the worker within its allowance. */
  | { readonly kind: "joinJury"; readonly worker: Address }
  /** Leaves the pool; by the worker or its operator. The stake follows by `releasePledge` of the seat. */
  | { readonly kind: "leaveJury"; readonly worker: Address };
