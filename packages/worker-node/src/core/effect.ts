// Everything that a worker asks of the world. Each may be asked twice after a crash; receivers tolerate that.
import type {
  Address,
  ArtifactRef,
  Checkpoint,
  CommitItem,
  DeclineReason,
  EscrowId,
  FailureItem,
  Hash,
  LeaseId,
  LeaseItem,
  LeaseProgress,
  Measurements,
  PledgeOrder,
  RuntimeClass,
  TaskOffer,
  TaskPlace,
  Usage,
  WorkerHold,
} from "@starling/protocol";
import type { Challenge } from "@starling/protocol/challenge";
import type { SenderEffect } from "@starling/settlement";
import type { DrawnJury } from "./jury/duty.ts";

/** What is revealed of one lease; the shell adds the bytes of small outputs and pushes large ones first. */
export interface Reveal {
  readonly leaseId: LeaseId;
  readonly taskSpec: Hash;
  readonly attempt: number;
  readonly digest: Hash;
  readonly salt: Hash;
  readonly outputs: readonly ArtifactRef[];
  readonly usage: Usage;
}

export type WorkerEffect =
  /** Check that the offer cites a funded escrow, then open a work stream to its coordinator. */
  | { readonly type: "followOffer"; readonly offer: TaskOffer }
  | {
      readonly type: "sendAsk";
      readonly coordinator: Address;
      readonly freeSlots: number;
      readonly classes: readonly RuntimeClass[];
      /** Why its owner lets it take nothing; left out where he does. */
      readonly hold?: WorkerHold;
    }
  | {
      readonly type: "sendAccepts";
      readonly coordinator: Address;
      readonly leases: readonly { readonly leaseId: LeaseId; readonly attempt: number }[];
    }
  | {
      readonly type: "sendDeclines";
      readonly coordinator: Address;
      readonly leases: readonly {
        readonly leaseId: LeaseId;
        readonly reason: DeclineReason;
        readonly message: string;
      }[];
    }
  | {
      readonly type: "sendBeat";
      readonly coordinator: Address;
      readonly leases: readonly { readonly leaseId: LeaseId; readonly done: number; readonly total: number }[];
    }
  | { readonly type: "sendCommits"; readonly coordinator: Address; readonly items: readonly CommitItem[] }
  | {
      readonly type: "sendReveals";
      readonly coordinator: Address;
      readonly escrowId: EscrowId;
      readonly fine: bigint;
      readonly items: readonly Reveal[];
    }
  | { readonly type: "sendFailures"; readonly coordinator: Address; readonly items: readonly FailureItem[] }
  /** Ask the chain for the confirmed allotment of this worker; answered with `allotmentSeen`. */
  | { readonly type: "refreshAllotment"; readonly escrowId: EscrowId }
  /** Ask the chain for the escrow, the operator's stake, and which others are final; answered with `pledgeSeen` where the escrow exists. */
  | { readonly type: "refreshPledge"; readonly escrowId: EscrowId; readonly others: readonly EscrowId[] }
  /** Sign the order and send it; the fact that it is signed is in the journal already. */
  | { readonly type: "sendPledge"; readonly coordinator: Address; readonly order: PledgeOrder }
  /** Ask for the tickets of tasks that were answered for this coordinator. */
  | { readonly type: "sendTicketsWanted"; readonly coordinator: Address; readonly tasks: readonly TaskPlace[] }
  /** Compute it; answered with `challengeComputed`. */
  | {
      readonly type: "answerChallenge";
      readonly coordinator: Address;
      readonly challenge: Challenge;
      readonly answerMs: number;
    }
  | {
      readonly type: "sendChallengeAnswer";
      readonly coordinator: Address;
      readonly seed: Hash;
      /** Null says that the machine is needed for something else. */
      readonly product: Uint8Array | null;
    }
  /** End the challenge or the measurement that is under way. */
  | { readonly type: "endSpareWork" }
  /** Say what this machine was measured to do. */
  | { readonly type: "sendMeasured"; readonly coordinator: Address; readonly measured: Measurements }
  /** Fetch program and inputs, run, store the outputs; answered with `runFinished`. */
  | {
      readonly type: "runLease";
      readonly coordinator: Address;
      readonly lease: LeaseItem;
      /** GPUs that it alone has, as their driver names them. */
      readonly devices: readonly string[];
      /** What it goes on from; left out where it begins. */
      readonly resume?: Checkpoint;
    }
  /** Ask the program for a last checkpoint, and kill it when its grace is over. */
  | { readonly type: "stopRun"; readonly leaseId: LeaseId }
  /** Push the newest and tell all of them. */
  | { readonly type: "sendCheckpoints"; readonly coordinator: Address; readonly lease: LeaseProgress }
  | { readonly type: "killRun"; readonly leaseId: LeaseId }
  /** Ask the chain's head for these escrows, this worker's account in each, and the hot key's gas; answered with `claimsSeen`. */
  | { readonly type: "readClaims"; readonly escrowIds: readonly EscrowId[] }
  /** Ask the confirmed view what contracts keep for these accounts, and the hot key's gas; answered with `creditsSeen`. */
  | { readonly type: "readCredits"; readonly accounts: readonly Address[] }
  /** Ask the court for the juries that name this worker, drawn after a block; null: as far back as duties last. Answered with `juriesSeen`. */
  | { readonly type: "readJuries"; readonly afterBlock: number | null }
  /** Get the disputed task from whoever has it, check it against the dispute, and run it; answered with `taskJudged`. */
  | { readonly type: "judgeTask"; readonly dutyId: string; readonly drawn: DrawnJury }
  /** The owner wants his machine: end what was begun for a duty. It is answered with `taskJudged` all the same. */
  | { readonly type: "endJudging"; readonly dutyId: string }
  /** What the sender of the hot key asks of the chain. */
  | { readonly type: "sender"; readonly effect: SenderEffect };
