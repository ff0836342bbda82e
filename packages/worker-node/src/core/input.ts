// Everything that can arrive at a worker. Signatures, sizes and formats were checked before an input is made.
import type {
  Accelerator,
  Address,
  ArtifactRef,
  Checkpoint,
  CommitSetItem,
  EscrowId,
  FrameSignature,
  Hash,
  LeaseId,
  LeaseItem,
  Measurements,
  PeerId,
  ProgramEnding,
  RuntimeClass,
  Signature,
  TaskOffer,
  TicketItem,
  TicketTerms,
  Usage,
  VerdictItem,
} from "@starling/protocol";
import type { Challenge } from "@starling/protocol/challenge";
import type { SenderInput } from "@starling/settlement";
import type { ReadClaim, SeenGas } from "./claims/seen.ts";
import type { ReadCredit } from "./credits/credit.ts";
import type { DrawnJury } from "./jury/duty.ts";
import type { OwnerWish } from "./owner/hold.ts";

/** How a run ended, as the executor and the artifact store saw it. */
export type RunResult =
  | {
      readonly kind: "completed";
      readonly digest: Hash;
      readonly outputs: readonly ArtifactRef[];
      readonly usage: Usage;
    }
  | {
      readonly kind: "failed";
      readonly fault: "application" | "infrastructure";
      readonly reason: string;
      readonly message: string;
      readonly log: string;
      /** Left out where nothing ran. */
      readonly usage?: Usage;
      readonly ending?: ProgramEnding;
    };

/** What a juror found. `later`: nobody gave the task yet, who may with a later block. */
export type JudgedResult =
  | { readonly kind: "completed"; readonly digest: Hash }
  | { readonly kind: "impossible" | "later"; readonly reason: string };

/** How long jurors have, seconds. */
export interface CourtSeconds {
  readonly commit: number;
  readonly reveal: number;
}

export type WorkerInput =
  /** Time alone: the engine's one timer went off. */
  | { readonly type: "tick" }
  /** A work stream to a coordinator stands and both said hello. */
  | {
      readonly type: "coordinatorConnected";
      readonly coordinator: Address;
      readonly peerId: PeerId;
      readonly session: string;
      readonly epoch: number;
      readonly beatEveryMs: number;
    }
  | {
      readonly type: "coordinatorGone";
      readonly coordinator: Address;
      readonly session: string;
      readonly reason: string;
    }
  /** A signed offer was heard on gossip; whether its escrow is funded is checked by an effect before anything is dialled. */
  | { readonly type: "offerHeard"; readonly offer: TaskOffer }
  | {
      readonly type: "leasesReceived";
      readonly coordinator: Address;
      readonly session: string;
      readonly epoch: number;
      readonly items: readonly LeaseItem[];
    }
  | {
      readonly type: "leasesRevoked";
      readonly coordinator: Address;
      readonly leases: readonly { readonly leaseId: LeaseId; readonly reason: string }[];
    }
  /** Sets under one signature, which was checked: with it each of them is evidence. */
  | {
      readonly type: "commitSetsReceived";
      readonly coordinator: Address;
      readonly items: readonly CommitSetItem[];
      readonly signed: FrameSignature;
    }
  | { readonly type: "verdictsReceived"; readonly coordinator: Address; readonly items: readonly VerdictItem[] }
  /** Of one job, under one signature; that its payer signed the order was checked too. */
  | {
      readonly type: "ticketsReceived";
      readonly coordinator: Address;
      readonly terms: TicketTerms;
      readonly items: readonly TicketItem[];
      readonly signed: FrameSignature;
    }
  | {
      readonly type: "voucherReceived";
      readonly coordinator: Address;
      readonly escrowId: EscrowId;
      readonly cumulative: bigint;
      readonly signature: Signature;
    }
  /** What the chain's confirmed view says of an escrow and of this worker's allotment in it. */
  | {
      readonly type: "allotmentSeen";
      readonly escrowId: EscrowId;
      /** The escrow's own: nobody else may lease against it. */
      readonly coordinator: Address;
      readonly payer: Address;
      /** 0 where the escrow has no account for this worker. */
      readonly allotted: bigint;
      readonly claimed: bigint;
      /** Milliseconds since the epoch. */
      readonly expiresAt: number;
    }
  /** A coordinator wants the operator's stake behind this worker's results in an escrow: `total` in all. */
  | {
      readonly type: "pledgeAsked";
      readonly coordinator: Address;
      readonly session: string;
      readonly escrowId: EscrowId;
      readonly total: bigint;
      readonly releaseBySeconds: number;
      readonly deadlineSeconds: number;
    }
  /** What the chain's confirmed view says of an escrow and of the operator's stake. */
  | {
      readonly type: "pledgeSeen";
      readonly escrowId: EscrowId;
      /** The escrow's own. */
      readonly coordinator: Address;
      /** Whether work may still be done for it. */
      readonly open: boolean;
      /** From then on its pledges can be released, block time. */
      readonly finalAtSeconds: number;
      /** This worker's share of its money so far, base units. */
      readonly allotted: bigint;
      /** The operator's, base units; `pledged` of it in all escrows. */
      readonly stake: bigint;
      readonly pledged: bigint;
      /** The operator has begun to take its stake out. */
      readonly leaving: boolean;
      /** All that the operator ever pledged to this escrow, base units. */
      readonly total: bigint;
      /** What of it stands: the rest was released, or taken as a fine. */
      readonly standing: bigint;
      /** When that ends, block seconds; 0 where nothing stands. It ends before an escrow that was prolonged since. */
      readonly endsAtSeconds: number;
      /** Of the other escrows that were asked for: those that are final, so that nothing signed for them can be used. */
      readonly over: readonly EscrowId[];
      /** How much of the stake this worker may still pledge by itself, base units. */
      readonly allowance: bigint;
    }
  | { readonly type: "runFinished"; readonly leaseId: LeaseId; readonly attempt: number; readonly result: RunResult }
  /** Complete checkpoints of a running lease, by rising step, as they are kept here. */
  | {
      readonly type: "checkpointsKept";
      readonly leaseId: LeaseId;
      readonly attempt: number;
      readonly checkpoints: readonly Checkpoint[];
    }
  | { readonly type: "runProgressed"; readonly leaseId: LeaseId; readonly done: number; readonly total: number }
  /** The GPUs that their tools list now, and why others may be missing. */
  | { readonly type: "devicesSeen"; readonly seen: readonly Accelerator[]; readonly reason: string }
  /** A coordinator wants to see that this machine computes. */
  | {
      readonly type: "challengeReceived";
      readonly coordinator: Address;
      readonly challenge: Challenge;
      readonly answerMs: number;
    }
  | {
      readonly type: "challengeComputed";
      readonly coordinator: Address;
      readonly seed: Hash;
      /** Null when it was not there in time, or was ended. */
      readonly product: Uint8Array | null;
    }
  /** This machine is to be measured now; answered with whether it has time for that. */
  | { readonly type: "measurementWanted" }
  /** The measurement failed, or was ended. */
  | { readonly type: "measurementEnded" }
  /** Figures of this machine, whole units of each measure. */
  | { readonly type: "machineMeasured"; readonly figures: Measurements }
  /** What time it is where the machine stands: the minute of the week from Monday, midnight. Needed only where the owner has hours. */
  | { readonly type: "localTimeSeen"; readonly minuteOfWeek: number }
  /** What still works of the classes that run here. */
  | { readonly type: "classesSeen"; readonly classes: readonly RuntimeClass[] }
  /** The owner says something, by the command line. */
  | { readonly type: "ownerAsked"; readonly wish: OwnerWish }
  /** The process is to end: no more work; what runs may finish. */
  | { readonly type: "drainRequested" }
  /** The process ends now: what keeps checkpoints is asked for one, and goes on from it in the next life. */
  | { readonly type: "endRequested" }
  /** Outcomes of what the sender asked for, and new heads. */
  | { readonly type: "sender"; readonly input: SenderInput }
  /** What the head says of the escrows whose vouchers are held, and of gas. */
  | {
      readonly type: "claimsSeen";
      /** The head that was read. */
      readonly blockNumber: number;
      readonly claims: readonly ({ readonly escrowId: EscrowId } & ReadClaim)[];
      /** How long after the end of its work nobody can close an escrow with unclaimed money, seconds. */
      readonly claimSeconds: number;
      readonly gas: SeenGas;
    }
  /** What contracts keep for this worker and its operator. */
  | {
      readonly type: "creditsSeen";
      /** The confirmed block that was read. */
      readonly blockNumber: number;
      readonly credits: readonly ReadCredit[];
      readonly gas: SeenGas;
    }
  /** What the court says up to a block. */
  | {
      readonly type: "juriesSeen";
      readonly throughBlock: number;
      readonly juries: readonly DrawnJury[];
      /** Lengths of its windows. */
      readonly courtSeconds: CourtSeconds;
    }
  /** What came of a disputed task here. */
  | { readonly type: "taskJudged"; readonly dutyId: string; readonly result: JudgedResult };
