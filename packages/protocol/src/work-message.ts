// What a coordinator and a worker say to each other on the work stream, as plain values. The wire form is proto/work.proto.
import type { Challenge } from "./challenge/challenge.ts";
import type { Checkpoint, CheckpointTerms } from "./checkpoint.ts";
import type { GpuNeeds } from "./gpu-needs.ts";
import type { Address, Cid, EscrowId, Hash, Hex, JobId, LeaseId, Signature, TaskSpecHash } from "./ids.ts";
import type { JobOrder } from "./job.ts";
import type { TaskPlace } from "./job-id.ts";
import type { Measurements } from "./measurements.ts";
import type { PledgeOrder, SignedPledgeOrder } from "./pledge.ts";
import type { ProgramEnding, Usage } from "./usage.ts";
import type { RuntimeClass, SignedWorkerRecord } from "./worker-record.ts";

/** One signature over the Merkle root of a frame's items (EIP-712 `Frame`, for reveals `BatchReceipt`). */
export interface FrameSignature {
  readonly root: Hash;
  readonly count: number;
  readonly epoch: number;
  readonly sequence: number;
  readonly signature: Signature;
}

/** An item's place under a signed frame: what a receipt needs to prove that this item was signed. */
export interface ItemEvidence {
  readonly frame: FrameSignature;
  readonly index: number;
  readonly proof: readonly Hash[];
}

/** A file that a task reads or writes. */
export interface ArtifactRef {
  readonly name: string;
  readonly cid: Cid;
  readonly size: number;
}

/** Bounds of one run. */
export interface TaskLimits {
  readonly timeoutMs: number;
  readonly memoryBytes: number;
  readonly outputBytes: number;
  readonly logBytes: number;
  /**
   * Steps by the fuel schedule of the runtime class: the same end on every machine, where the timeout is another one on each.
   * Absent where the timeout alone counts.
   */
  readonly fuel?: number | undefined;
  /** Gives NaNs that arithmetic makes one form, the same on every processor; it costs time. Absent where they may differ. */
  readonly nan?: "canonical" | undefined;
  /** Absent where a task keeps none. */
  readonly checkpoint?: CheckpointTerms | undefined;
}

/** Everything that affects a task's result, and nothing else. Its canonical digest, with job and index, is the task spec hash. */
export interface TaskProgram {
  readonly runtimeClass: RuntimeClass;
  readonly program: ArtifactRef;
  /** An archive of the files that the program sees as /; left out where it sees what its class gives it. */
  readonly root?: ArtifactRef;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly inputs: readonly ArtifactRef[];
  /** Declared outputs: name and path under the output directory. */
  readonly outputs: readonly { readonly name: string; readonly path: string }[];
  readonly seed: number;
  readonly limits: TaskLimits;
}

/** One lease as the worker sees it. */
export interface LeaseItem {
  readonly leaseId: LeaseId;
  readonly jobId: JobId;
  readonly step: string;
  readonly index: number;
  readonly taskSpec: TaskSpecHash;
  /** Fencing token: rises with every lease of the task. */
  readonly attempt: number;
  readonly escrowId: EscrowId;
  readonly payer: Address;
  /** Pay for an accepted result, base units; zero for a referee. */
  readonly price: bigint;
  /** Most that a wrong result can cost, base units. */
  readonly fine: bigint;
  /** How long the worker has for its commitment, from receipt. */
  readonly leaseMs: number;
  readonly traceId: string;
  readonly task: TaskProgram;
  /** Where the attempt goes on; left out where it begins. */
  readonly resume?: Checkpoint;
  /** GPUs that the attempt has for itself; left out where it needs none. */
  readonly gpu?: GpuNeeds;
  /** Hosts that the attempt may reach; left out where it has no network. */
  readonly hosts?: readonly string[];
}

export interface CommitItem {
  readonly leaseId: LeaseId;
  readonly taskSpec: TaskSpecHash;
  readonly attempt: number;
  readonly commitment: Hash;
}

/** The closed list of commitments of one task, in the order of worker addresses. Only after it may anything be revealed. */
export interface CommitSetItem {
  readonly taskSpec: TaskSpecHash;
  readonly commitments: readonly { readonly worker: Address; readonly attempt: number; readonly commitment: Hash }[];
}

export interface RevealItem {
  readonly leaseId: LeaseId;
  readonly taskSpec: TaskSpecHash;
  readonly attempt: number;
  /** Digest of the result: canonical list of outputs and exit code. */
  readonly digest: Hash;
  readonly salt: Hash;
  readonly outputs: readonly ArtifactRef[];
  /** Bytes of small outputs, by content id; larger ones were pushed before over the blob protocol. */
  readonly inline: readonly { readonly cid: Cid; readonly bytes: Uint8Array }[];
  readonly usage: Usage;
}

/** Why a worker's owner lets it take nothing. `closed`: these are not his hours. */
export const holdReasons = ["paused", "reclaimed", "closed", "draining"] as const;

/** What a worker says of its owner's wish. */
export interface WorkerHold {
  readonly reason: (typeof holdReasons)[number];
  /** When it ends, in milliseconds since the epoch by the worker's clock; left out when nobody knows. */
  readonly until?: number;
}

/** Why an attempt ended without a result. `application` is the program's fault, `infrastructure` the machine's. */
export interface FailureItem {
  readonly leaseId: LeaseId;
  readonly attempt: number;
  readonly kind: "application" | "infrastructure";
  /** A stable word: exit, trap, stackOverflow, outOfFuel, memory, outputTooLarge, badModule, timedOut, missingOutput, inputUnavailable, imageUnavailable, rootRoom, ... */
  readonly reason: string;
  readonly message: string;
  /** Tail of the log, only for the payer. */
  readonly log: string;
  /** Left out where nothing ran, and by workers of before. */
  readonly usage?: Usage;
  readonly ending?: ProgramEnding;
  /** What it has come to, as in a heartbeat. */
  readonly checkpoints?: readonly Checkpoint[];
}

export interface VerdictItem {
  readonly leaseId: LeaseId;
  readonly taskSpec: TaskSpecHash;
  readonly attempt: number;
  readonly verdict: "accepted" | "rejected" | "unneeded";
  readonly reason: string;
}

/** Whose tickets are opened: the payer's order, which holds their root, and the terms of the draw. */
export interface TicketTerms {
  readonly order: JobOrder;
  /** The payer's. */
  readonly orderSignature: Signature;
  /** Root of the tree over all tickets: joined with the two numbers it gives the order's `lotteryRoot`. */
  readonly ticketRoot: Hash;
  /** Tasks of the job, the reduce task included. */
  readonly tasks: number;
  readonly auditPpm: number;
}

/** The opened ticket of a settled task: what it was drawn by could be known to nobody before. */
export interface TicketItem {
  readonly taskSpec: TaskSpecHash;
  readonly ticket: Hash;
  readonly proof: readonly Hash[];
  /** Whether the set that the worker was shown was drawn; null where that set was a check already, over which nothing is drawn. */
  readonly drawn: boolean | null;
}

/** Every reason for refusing a lease. */
export const declineReasons = [
  "noCapacity",
  "notAllotted",
  "priceTooLow",
  "fineTooHigh",
  "classMissing",
  "needsUnmet",
  "draining",
  "outOfHours",
  "programRefused",
  "payerRefused",
  "hostsRefused",
  "imageRefused",
  "creditLimit",
  "badLease",
] as const;

/** The reason of a failure by which a worker's owner takes the machine back: an infrastructure failure in which nothing is broken. */
export const reclaimedReason = "reclaimed";

/** That of one for want of an image that a registry did not give to this machine at that moment: nobody's fault either. */
export const imageUnavailableReason = "imageUnavailable";

/** That of one for want of room for a root file system in what the machine's owner lends: nobody's fault either. */
export const rootRoomReason = "rootRoom";

/** Why a worker refuses a lease. */
export type DeclineReason = (typeof declineReasons)[number];

/** How far a lease is. */
export interface LeaseProgress {
  readonly leaseId: LeaseId;
  readonly done: number;
  readonly total: number;
  /** Complete ones that are new, by rising step; the newest was pushed before. */
  readonly checkpoints?: readonly Checkpoint[];
}

/** Messages from a worker. */
export type WorkerMessage =
  | {
      readonly type: "hello";
      readonly networkId: string;
      readonly protocolVersion: number;
      readonly record: SignedWorkerRecord;
      /** Leases that the worker still works on, so that a reconnect loses nothing. */
      readonly holding: readonly { readonly leaseId: LeaseId; readonly attempt: number }[];
    }
  | {
      readonly type: "ask";
      readonly freeSlots: number;
      readonly classes: readonly RuntimeClass[];
      /** Left out where its owner lets it work. */
      readonly hold?: WorkerHold;
    }
  | {
      readonly type: "accepts";
      readonly leases: readonly { readonly leaseId: LeaseId; readonly attempt: number }[];
      readonly signed: FrameSignature;
    }
  | {
      readonly type: "declines";
      readonly leases: readonly {
        readonly leaseId: LeaseId;
        readonly reason: DeclineReason;
        readonly message: string;
      }[];
    }
  | {
      readonly type: "beat";
      readonly leases: readonly LeaseProgress[];
    }
  | { readonly type: "commits"; readonly items: readonly CommitItem[]; readonly signed: FrameSignature }
  /** `fine` is part of what is signed (`BatchReceipt`); one escrow per frame. */
  | {
      readonly type: "reveals";
      readonly escrowId: EscrowId;
      readonly fine: bigint;
      readonly items: readonly RevealItem[];
      readonly signed: FrameSignature;
    }
  | { readonly type: "failures"; readonly items: readonly FailureItem[] }
  /** The worker pledges its operator's stake; the coordinator submits it and pays the gas. */
  | ({ readonly type: "pledge" } & SignedPledgeOrder)
  /** Tasks that it has answered for this very coordinator, and whose tickets it was not shown: it may have been away. */
  | { readonly type: "ticketsWanted"; readonly tasks: readonly TaskPlace[] }
  /** What its machine was measured to do since; all of it, so that the newest replaces what was said before. */
  | { readonly type: "measured"; readonly measured: Measurements }
  /** The product that a challenge asked for, three bytes a number; null where the machine is needed for something else. */
  | { readonly type: "challengeAnswer"; readonly seed: Hash; readonly product: Uint8Array | null }
  | { readonly type: "bye"; readonly reason: string };

/** What ties a coordinator's peer id to its account; signed by the account. */
export interface CoordinatorBinding {
  /** Seconds since the epoch. */
  readonly notAfter: number;
  readonly signature: Signature;
}

/** Messages from a coordinator. */
export type CoordinatorMessage =
  | {
      readonly type: "hello";
      readonly networkId: string;
      readonly protocolVersion: number;
      readonly coordinator: Address;
      readonly epoch: number;
      readonly beatEveryMs: number;
      /** Null from versions that can't prove their account; workers refuse them. */
      readonly binding: CoordinatorBinding | null;
    }
  | { readonly type: "refused"; readonly code: string; readonly message: string }
  | { readonly type: "leases"; readonly items: readonly LeaseItem[]; readonly signed: FrameSignature }
  | { readonly type: "commitSets"; readonly items: readonly CommitSetItem[]; readonly signed: FrameSignature }
  | { readonly type: "verdicts"; readonly items: readonly VerdictItem[]; readonly signed: FrameSignature }
  /** All of one job. */
  | {
      readonly type: "tickets";
      readonly terms: TicketTerms;
      readonly items: readonly TicketItem[];
      readonly signed: FrameSignature;
    }
  | {
      readonly type: "voucher";
      readonly escrowId: EscrowId;
      readonly cumulative: bigint;
      readonly signature: Signature;
    }
  | { readonly type: "revokes"; readonly leases: readonly { readonly leaseId: LeaseId; readonly reason: string }[] }
  /** Show that the machine computes: the answer counts for `answerMs` from the sending. */
  | { readonly type: "challenge"; readonly challenge: Challenge; readonly answerMs: number }
  /** Unchecked work in the escrow needs a pledge of so much in all; whether to sign one is the worker's choice. */
  | ({ readonly type: "pledgeWanted" } & Omit<PledgeOrder, "operator">);

/** Opaque proof bytes kept for receipts. */
export type EvidenceBytes = Hex;
