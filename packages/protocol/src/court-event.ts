// What the court and the jury pool say happened, as plain data.
import type { Address, EscrowId, Hash, TaskSpecHash } from "./ids.ts";

/** How a dispute ended. `undecided` is no verdict: nobody is fined for an answer then. */
export type DisputeOutcome = "undecided" | "upheld" | "overturned";

/** What a log of the court, or of the registry about its jury pool, says. Money is base units, times are block seconds. */
export type CourtEventBody =
  | {
      readonly type: "disputeOpened";
      readonly disputeId: Hash;
      readonly escrowId: EscrowId;
      readonly taskSpec: TaskSpecHash;
      readonly challenger: Address;
      /** The result hash in question. */
      readonly contested: Hash;
    }
  /** A signer is held to its answer; again, with a higher fine, if it signed one. */
  | {
      readonly type: "workerImplicated";
      readonly disputeId: Hash;
      readonly worker: Address;
      readonly attempt: number;
      readonly resultHash: Hash;
      readonly fine: bigint;
    }
  /** A signer was let go, for others with more to lose. */
  | { readonly type: "workerReleased"; readonly disputeId: Hash; readonly operator: Address }
  /** The hash of block `seedBlock` will draw the jury of this round: 1, or 2 for an appeal. */
  | { readonly type: "juryArmed"; readonly disputeId: Hash; readonly round: number; readonly seedBlock: number }
  | {
      readonly type: "juryDrawn";
      readonly disputeId: Hash;
      readonly round: number;
      /** Hot keys of the workers that judge. */
      readonly jurors: readonly Address[];
    }
  | { readonly type: "voteCommitted"; readonly disputeId: Hash; readonly juror: Address; readonly commitment: Hash }
  /** `answer` is a result hash; 32 zero bytes for an abstention. */
  | { readonly type: "voteRevealed"; readonly disputeId: Hash; readonly juror: Address; readonly answer: Hash }
  | { readonly type: "appealed"; readonly disputeId: Hash; readonly appellant: Address }
  /** `verdict` is the right result hash; 32 zero bytes if it is undecided. Its fines follow in the same transaction. */
  | {
      readonly type: "disputeResolved";
      readonly disputeId: Hash;
      readonly outcome: DisputeOutcome;
      readonly verdict: Hash;
    }
  /** A signer of a wrong answer lost `amount`, by a ruling or for two answers to one attempt. */
  | {
      readonly type: "workerFined";
      readonly escrowId: EscrowId;
      readonly worker: Address;
      readonly attempt: number;
      readonly amount: bigint;
    }
  | { readonly type: "jurorFined"; readonly disputeId: Hash; readonly juror: Address; readonly amount: bigint }
  /** A worker signed two answers for one attempt; its fine follows in the same transaction. */
  | {
      readonly type: "equivocated";
      readonly escrowId: EscrowId;
      readonly taskSpec: TaskSpecHash;
      readonly worker: Address;
      readonly finder: Address;
    }
  /** Money waits in the court for an account. */
  | { readonly type: "credited"; readonly account: Address; readonly amount: bigint }
  | { readonly type: "creditWithdrawn"; readonly account: Address; readonly amount: bigint }
  | { readonly type: "juryJoined"; readonly operator: Address; readonly worker: Address; readonly stake: bigint }
  /** The seat's stake stays until then: disputes that had begun may still draw it. */
  | {
      readonly type: "juryLeft";
      readonly operator: Address;
      readonly worker: Address;
      readonly releaseAtSeconds: number;
    };

// As a record, so that the compiler misses no name.
const courtTypes: Readonly<Record<CourtEventBody["type"], true>> = {
  disputeOpened: true,
  workerImplicated: true,
  workerReleased: true,
  juryArmed: true,
  juryDrawn: true,
  voteCommitted: true,
  voteRevealed: true,
  appealed: true,
  disputeResolved: true,
  workerFined: true,
  jurorFined: true,
  equivocated: true,
  credited: true,
  creditWithdrawn: true,
  juryJoined: true,
  juryLeft: true,
};

/** Whether an event is the court's or the jury pool's, and none of an escrow, a worker or a pledge. */
export function isCourtEvent(event: { readonly type: string }): event is CourtEventBody {
  return Object.hasOwn(courtTypes, event.type);
}
