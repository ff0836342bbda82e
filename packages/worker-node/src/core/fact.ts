// Everything that can become true in a worker, in the past tense. Facts are journalled and must stay readable for ever.
import type {
  Address,
  ArtifactRef,
  Checkpoint,
  EscrowId,
  Hash,
  LeaseId,
  LeaseItem,
  PledgeOrder,
  Signature,
  SignedCommitSet,
  TaskSpecHash,
  Usage,
} from "@starling/protocol";
import type { SenderFact } from "@starling/settlement";
import type { RedeemReason } from "./claims/standing.ts";
import type { CreditKeeper } from "./credits/credit.ts";
import type { DrawnJury, HeldVote, VoteStep } from "./jury/duty.ts";
import type { SignedTicket, TicketOutcome } from "./lifecycle/ticket-check.ts";
import type { Hold } from "./owner/hold.ts";

export type WorkerFact =
  | {
      readonly type: "leaseAccepted";
      readonly coordinator: Address;
      readonly epoch: number;
      readonly lease: LeaseItem;
      readonly at: number;
    }
  | { readonly type: "leaseStarted"; readonly leaseId: LeaseId; readonly at: number }
  /** A running lease has come so far: its next run here goes on from there. */
  | { readonly type: "checkpointKept"; readonly leaseId: LeaseId; readonly checkpoint: Checkpoint; readonly at: number }
  /** The one answer that this worker will ever give for this lease: written before it is signed. */
  | {
      readonly type: "leaseCommitted";
      readonly leaseId: LeaseId;
      readonly digest: Hash;
      readonly salt: Hash;
      readonly commitment: Hash;
      readonly outputs: readonly ArtifactRef[];
      readonly usage: Usage;
      readonly at: number;
    }
  | {
      readonly type: "leaseRevealed";
      readonly leaseId: LeaseId;
      /** The set that was shown, as the coordinator signed it. Left out by old journals. */
      readonly shown?: SignedCommitSet;
      readonly at: number;
    }
  /** The coordinator signed another set for a lease whose set it had shown: either convicts it beside the other. */
  | {
      readonly type: "coordinatorEquivocated";
      readonly coordinator: Address;
      readonly first: SignedCommitSet;
      readonly second: SignedCommitSet;
      readonly at: number;
    }
  /** How the lottery fell for a task that this worker answered, and whether the coordinator may have it so. */
  | {
      readonly type: "ticketOpened";
      readonly coordinator: Address;
      readonly taskSpec: TaskSpecHash;
      readonly outcome: TicketOutcome;
      /** The lottery drew our result: another operator was asked too. Left out where it did not, and where the ticket is not in order. */
      readonly drawn?: true;
      /** What the coordinator signed, where it contradicts itself or the payer for the first time. */
      readonly evidence?: SignedTicket;
      readonly at: number;
    }
  | {
      readonly type: "leaseSettled";
      readonly leaseId: LeaseId;
      readonly verdict: "accepted" | "rejected" | "unneeded";
      readonly reason: string;
    }
  | { readonly type: "leaseFailed"; readonly leaseId: LeaseId; readonly reason: string }
  | { readonly type: "leaseRevoked"; readonly leaseId: LeaseId; readonly reason: string }
  | { readonly type: "leaseExpired"; readonly leaseId: LeaseId; readonly reason: string }
  | {
      readonly type: "voucherHeld";
      readonly coordinator: Address;
      readonly escrowId: EscrowId;
      readonly cumulative: bigint;
      readonly signature: Signature;
    }
  /**
   * Written before it is signed. On chain the operator had ever pledged `before` to the escrow, of which `standing` was left; the
   * escrows that are `over` tie up nothing any more.
   */
  | {
      readonly type: "pledgeSigned";
      readonly coordinator: Address;
      readonly order: PledgeOrder;
      readonly before: bigint;
      readonly standing: bigint;
      readonly over: readonly EscrowId[];
      readonly at: number;
    }
  /** A voucher was handed to the sender: its coordinator does not pay, or not in time. `due` is what it was to bring, base units. */
  | {
      readonly type: "redemptionIntended";
      readonly escrowId: EscrowId;
      readonly intentId: string;
      readonly cumulative: bigint;
      readonly due: bigint;
      readonly reason: RedeemReason;
      readonly at: number;
    }
  /** The escrow is closed for good: the voucher brought `claimed` of its `cumulative`, and will bring no more. */
  | {
      readonly type: "voucherOver";
      readonly escrowId: EscrowId;
      readonly cumulative: bigint;
      readonly claimed: bigint;
    }
  /** A withdrawal was handed to the sender: a contract keeps `amount` for an account, base units. */
  | {
      readonly type: "withdrawalIntended";
      readonly keeper: CreditKeeper;
      readonly account: Address;
      readonly intentId: string;
      readonly amount: bigint;
      readonly at: number;
    }
  /** A jury names this worker; said again where a reorg moved its windows. */
  | { readonly type: "dutyTaken"; readonly drawn: DrawnJury; readonly at: number }
  /** The one vote of this duty, written before its commitment leaves. `reason` says what it rests on. */
  | {
      readonly type: "voteCast";
      readonly dutyId: string;
      readonly vote: HeldVote;
      readonly reason: string;
      readonly at: number;
    }
  /** A step of the vote was handed to the sender. */
  | {
      readonly type: "voteIntended";
      readonly dutyId: string;
      readonly step: VoteStep;
      readonly intentId: string;
      readonly at: number;
    }
  /** The windows are over. A vote that was missed costs the seat a fine. */
  | { readonly type: "dutyOver"; readonly dutyId: string; readonly outcome: "voted" | "missed"; readonly at: number }
  /** The owner stopped work, or lets it go on: null. */
  | { readonly type: "holdChanged"; readonly hold: Hold | null; readonly at: number }
  /** Something of a transaction of the hot key. */
  | { readonly type: "sender"; readonly fact: SenderFact };
