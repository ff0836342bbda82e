// Everything that can become true in a coordinator, in the past tense. Facts are journalled and must stay readable for ever.
import type {
  Address,
  ArtifactRef,
  ChainEvent,
  Checkpoint,
  ComparedOutput,
  EscrowId,
  FrameSignature,
  Hash,
  ItemEvidence,
  JobId,
  JobSubmission,
  LeaseId,
  ProgramEnding,
  SignedWorkerRecord,
  TaskId,
  TaskSpecHash,
  Usage,
} from "@starling/protocol";
import type { IndexerFact, SenderFact } from "@starling/settlement";
import type { DiscoverySource } from "./input.ts";
import type { Resumption } from "./ledger/lease.ts";

/** Why something moved to its present state: a stable code and a sentence for people. */
export interface Reason {
  readonly code: string;
  readonly message: string;
}

/** How a job is paid for: from what the escrow holds, or by money that its own order brings. */
export type Funding = "reserved" | "create" | "topUp";

/** Who decided about a task's answers. */
export type Resolver = "agreement" | "referee" | "freshReplicas";

/**
 * Why an accepted result is run once more: the lottery drew it, its worker is checked (probation, or too small a pledge), it is among the first of
 * a job without replicas, or a worker that stands behind it was caught elsewhere.
 */
export type AuditCause = "lottery" | "checked" | "canary" | "retro";

/** What an accepted, rejected or unneeded answer is called in a verdict. */
export type LeaseVerdict = "accepted" | "rejected" | "unneeded";

type OfJob<Name extends string, Rest = unknown> = {
  readonly type: Name;
  readonly jobId: JobId;
  readonly at: number;
} & Rest;
type OfTask<Name extends string, Rest = unknown> = {
  readonly type: Name;
  readonly taskId: TaskId;
  readonly at: number;
} & Rest;
type OfLease<Name extends string, Rest = unknown> = {
  readonly type: Name;
  readonly leaseId: LeaseId;
  readonly at: number;
} & Rest;
type OfWorker<Name extends string, Rest = unknown> = { readonly type: Name; readonly worker: Address } & Rest;
type OfEscrow<Name extends string, Rest = unknown> = { readonly type: Name; readonly escrowId: EscrowId } & Rest;
type Because = { readonly reason: Reason };

/** The life of jobs. */
export type JobFact =
  | {
      readonly type: "jobAccepted";
      readonly submission: JobSubmission;
      readonly taskCount: number;
      readonly replicas: number;
      readonly escrowId: EscrowId;
      readonly funding: Funding;
      /** The job's own deadline, or the escrow's less the time that anchoring needs. */
      readonly deadlineAt: number;
      readonly traceId: string;
      readonly at: number;
    }
  /** The escrow that was to pay it ended or never came: its own order opens one, or adds to a newer one. */
  | OfJob<"fundingMoved", { readonly escrowId: EscrowId; readonly funding: Funding; readonly deadlineAt: number }>
  /** Its money is confirmed on chain: leases may be made. */
  | OfJob<"jobFunded">
  | OfJob<"jobStarted">
  | OfJob<"jobCompleted">
  | OfJob<"jobFailed", Because>
  | OfJob<"jobCancelled", Because>
  | OfJob<"offerPublished", { readonly sequence: number }>
  /** Tasks come into being lazily, a window at a time. */
  | OfJob<
      "tasksQueued",
      {
        readonly step: string;
        readonly first: number;
        readonly count: number;
        /** Tasks of these positions, shuffled; left out when they come by index. */
        readonly indices?: readonly number[];
      }
    >;

/** The life of tasks. */
export type TaskFact =
  | OfTask<"taskCollecting">
  /** Back to the queue, since a lease was lost or more replicas are wanted. */
  | OfTask<"taskRequeued", Because & { readonly replicasWanted: number }>
  | OfTask<
      "mismatchFound",
      Because & { readonly resolver: "referee" | "freshReplicas"; readonly replicasWanted: number }
    >
  | OfTask<
      "commitSetClosed",
      {
        readonly round: number;
        readonly leases: readonly LeaseId[];
        readonly revealBy: number;
        /** What the lottery says of this set; left out where it is not asked, since all answers are in doubt anyway. */
        readonly drawn?: boolean;
      }
    >
  | OfTask<
      "taskAccepted",
      {
        readonly digest: Hash;
        readonly outputs: readonly ArtifactRef[];
        readonly winners: readonly LeaseId[];
        readonly losers: readonly LeaseId[];
        readonly by: Resolver;
        /** Losers that are blamed. Left out by old journals, which blamed all of them. */
        readonly caught?: readonly LeaseId[];
        /** Until then the result is provisional. Left out by old journals: settled at once. */
        readonly settlesAt?: number;
      }
    >
  /** Two answers with different bytes were measured by the job's comparators: equal if every output is. */
  | OfTask<
      "outputsCompared",
      { readonly reference: Hash; readonly answer: Hash; readonly outputs: readonly ComparedOutput[] }
    >
  /** The accepted result is run once more on another operator; it stays provisional until that answer is in. */
  | OfTask<"auditOrdered", { readonly cause: AuditCause }>
  /** No operator was free for the audit: a referee of the payer does it. */
  | OfTask<"auditReferred", Because>
  /** Nobody could make the audits that are open: the result settles without them, and says so. */
  | OfTask<"auditMissed", Because>
  /** The finality window is over and no audit is open: nothing changes the result any more. */
  | OfTask<"taskSettled">
  | OfTask<"taskDisputed", Because>
  | OfTask<"taskNondeterministic", Because>
  | OfTask<"taskPoisoned", Because>
  | OfTask<"taskCancelled", Because>
  /** Its result is anchored, deep enough to count. */
  | OfTask<"taskFinal">;

/** The life of leases. */
export type LeaseFact =
  | OfLease<
      "leaseOffered",
      {
        readonly taskId: TaskId;
        readonly taskSpec: TaskSpecHash;
        readonly worker: Address;
        readonly operator: Address;
        readonly attempt: number;
        readonly role: "replica" | "referee";
        readonly price: bigint;
        readonly fine: bigint;
        /** Its result is audited whatever the lottery says. Never told to the worker. */
        readonly checked?: boolean;
        /** Left out where it begins at the beginning. */
        readonly resume?: Resumption;
        readonly epoch: number;
        readonly traceId: string;
        readonly acceptBy: number;
        readonly commitBy: number;
      }
    >
  | OfLease<"leaseAccepted">
  | OfLease<"leaseRunning">
  /** Its run has come so far: complete checkpoints, by rising step, of which the newest is here. */
  | OfLease<"checkpointsTold", { readonly checkpoints: readonly Checkpoint[] }>
  | OfLease<"leaseCommitted", { readonly commitment: Hash; readonly evidence: ItemEvidence }>
  | OfLease<
      "leaseRevealed",
      {
        readonly digest: Hash;
        readonly salt: Hash;
        readonly outputs: readonly ArtifactRef[];
        readonly usage: Usage;
        readonly fine: bigint;
        readonly evidence: ItemEvidence;
      }
    >
  /** A second, different commitment for one lease, under the worker's own signature. */
  | OfLease<"leaseEquivocated", { readonly commitment: Hash; readonly evidence: ItemEvidence }>
  /** A second, different answer for one lease, under the worker's own signature. */
  | OfLease<"leaseAnsweredTwice", { readonly digest: Hash; readonly fine: bigint; readonly evidence: ItemEvidence }>
  | OfLease<"leaseSettled", Because & { readonly verdict: LeaseVerdict }>
  | OfLease<"leaseDeclined", Because>
  | OfLease<"leaseExpired", Because>
  | OfLease<"leaseRevoked", Because>
  | OfLease<
      "leaseFailed",
      Because & {
        readonly kind: "application" | "infrastructure";
        readonly log: string;
        /** As its worker says; left out where nothing ran, and by old journals. */
        readonly usage?: Usage;
        readonly ending?: ProgramEnding;
      }
    >;

/** The life of workers. */
export type WorkerFact =
  | OfWorker<
      "workerKnown",
      {
        readonly operator: Address;
        readonly signed: SignedWorkerRecord;
        readonly source: DiscoverySource;
        readonly remoteAddress: string;
        readonly at: number;
      }
    >
  | OfWorker<"workerAdmitted">
  | OfWorker<"workerSuspended", Because & { readonly until: number }>
  /** It takes no more work, until it comes back with a higher record sequence than this. */
  | OfWorker<"workerDraining", { readonly seq: number }>
  /** Its operator is out of one job (rule 4), or with null the worker is out of everything. */
  | OfWorker<"workerBanned", Because & { readonly operator: Address; readonly jobId: JobId | null }>
  | OfWorker<"workerLeft", Because>
  /** A worker of this operator gave a wrong answer, showed what it did not commit to, or committed twice: probation starts anew. */
  | OfWorker<
      "operatorCaught",
      Because & { readonly operator: Address; readonly leaseId: LeaseId; readonly at: number }
    >;

/** The court: only its verdict takes a fine. */
export type DisputeFact =
  /** The court is to be asked about the answer of a caught lease. */
  | OfEscrow<
      "disputeWanted",
      {
        readonly disputeId: Hash;
        readonly taskSpec: TaskSpecHash;
        readonly taskId: TaskId;
        readonly leaseId: LeaseId;
        readonly at: number;
      }
    >
  /** A step was handed to the sender. */
  | OfEscrow<
      "disputeStepIntended",
      { readonly disputeId: Hash; readonly what: "open" | "draw" | "resolve"; readonly intentId: string }
    >
  /** A further signer is named in the dispute. */
  | OfEscrow<"implicationIntended", { readonly disputeId: Hash; readonly leaseId: LeaseId; readonly intentId: string }>
  /** One of these was refused for good. */
  | OfEscrow<
      "disputeRefused",
      Because & { readonly disputeId: Hash; readonly intentId: string; readonly retryAt: number }
    >
  /** It is ruled on, or was never opened: every fine that it was about has its outcome. */
  | OfEscrow<"disputeEnded", { readonly disputeId: Hash; readonly at: number }>
  /** Two answers of one attempt were handed to the sender, for the court to fine without a jury. */
  | OfEscrow<"slashIntended", { readonly leaseId: LeaseId; readonly intentId: string }>
  /** It was refused for good; the next attempt waits until then. */
  | OfEscrow<"slashRefused", Because & { readonly leaseId: LeaseId; readonly retryAt: number }>
  /** A verdict took so much of a pledge. */
  | OfEscrow<"fineCollected", { readonly leaseId: LeaseId; readonly amount: bigint; readonly at: number }>
  /** Nothing will be taken for this lease; `isAcquitted` when the answer turned out right. */
  | OfEscrow<
      "fineRefused",
      Because & { readonly leaseId: LeaseId; readonly isAcquitted: boolean; readonly at: number }
    >;

/** What the court holds for an account. */
export type CreditFact =
  /** A transaction that sends it was handed to the sender. */
  | { readonly type: "creditIntended"; readonly account: Address; readonly intentId: string }
  | ({ readonly type: "creditRefused"; readonly account: Address; readonly retryAt: number } & Because);

/** Money. Each of these that moves value is a balanced posting in the books. */
export type MoneyFact =
  | OfEscrow<"escrowOpened", { readonly payer: Address; readonly at: number }>
  | OfEscrow<"payOwed", { readonly worker: Address; readonly leaseId: LeaseId; readonly amount: bigint }>
  /** A caught operator owes the fine that its lease named; it is collected from its pledge. */
  | OfEscrow<
      "fineDue",
      {
        readonly operator: Address;
        readonly worker: Address;
        readonly leaseId: LeaseId;
        readonly amount: bigint;
        readonly at: number;
      }
    >
  | OfEscrow<
      "allotmentIntended",
      { readonly worker: Address; readonly total: bigint; readonly expiresAtSeconds: number; readonly intentId: string }
    >
  /** A pledge that a worker signed was handed to the sender. */
  | OfEscrow<"pledgeIntended", { readonly operator: Address; readonly total: bigint; readonly intentId: string }>
  /** The end of a pledge to a closed escrow was handed to the sender. */
  | OfEscrow<"pledgeReleaseIntended", { readonly operator: Address; readonly intentId: string }>
  /** One of the two was refused for good. */
  | OfEscrow<"pledgeRefused", Because & { readonly intentId: string; readonly retryAt: number }>
  | OfEscrow<
      "paymentIntended",
      {
        readonly payments: readonly { readonly worker: Address; readonly cumulative: bigint }[];
        readonly intentId: string;
      }
    >
  /** The next run of settled results that stand in no batch yet was hashed. */
  | OfEscrow<"runSealed", { readonly root: Hash; readonly count: number }>
  | OfEscrow<
      "batchClosed",
      {
        readonly batch: number;
        readonly root: Hash;
        /** So many of those that stand in no batch, from the oldest on. */
        readonly count: number;
        readonly intentId: string;
        readonly last: boolean;
        readonly at: number;
      }
    >
  /** The anchor of a batch was refused and is tried again under another intent. */
  | OfEscrow<"batchRetried", { readonly batch: number; readonly intentId: string }>
  | OfEscrow<"anchorSigned", { readonly batch: number; readonly evidence: FrameSignature }>
  | OfEscrow<"escrowClosing", Because & { readonly at: number }>
  /** A step towards the end of the escrow was handed to the sender: reclaim, refund or close. */
  | OfEscrow<"exitIntended", { readonly step: "reclaim" | "refund" | "close"; readonly intentId: string }>
  /** A transaction for the escrow was refused for good; the next attempt waits until then. */
  | OfEscrow<"chainRefused", Because & { readonly intentId: string; readonly retryAt: number }>
  /** Closed for long enough: the escrow, its jobs and their results are dropped. */
  | OfEscrow<"escrowForgotten">
  /** The chain has it, deep enough to count. */
  | { readonly type: "chainConfirmed"; readonly event: ChainEvent; readonly headSeconds: number }
  /** A reorg deeper than the confirmations took it back. */
  | { readonly type: "chainUndone"; readonly event: ChainEvent };

export type CoordinatorFact =
  /** A start of the process; every later lease carries this epoch. */
  | { readonly type: "epochStarted"; readonly epoch: number; readonly at: number }
  | JobFact
  | TaskFact
  | LeaseFact
  | WorkerFact
  | MoneyFact
  | DisputeFact
  | CreditFact
  | { readonly type: "sender"; readonly fact: SenderFact }
  | { readonly type: "indexer"; readonly fact: IndexerFact };
