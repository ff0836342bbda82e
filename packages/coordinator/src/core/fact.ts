// Everything that can become true in a coordinator, in the past tense. Facts are journalled and must stay readable for ever.
import type {
  Address,
  ArtifactRef,
  EscrowId,
  Hash,
  ItemEvidence,
  JobId,
  JobSubmission,
  LeaseId,
  SignedWorkerRecord,
  TaskId,
  Usage,
} from "@starling/protocol";
import type { IndexerFact, SenderFact } from "@starling/settlement";
import type { DiscoverySource } from "./input.ts";

/** Why something moved to its present state: a stable code and a sentence for people. */
export interface Reason {
  readonly code: string;
  readonly message: string;
}

export type CoordinatorFact =
  /** A start of the process; every later lease carries this epoch. */
  | { readonly type: "epochStarted"; readonly epoch: number; readonly at: number }
  | {
      readonly type: "jobAccepted";
      readonly submission: JobSubmission;
      readonly taskCount: number;
      readonly escrowId: EscrowId;
      readonly traceId: string;
      readonly at: number;
    }
  | { readonly type: "jobStarted"; readonly jobId: JobId; readonly at: number }
  | { readonly type: "jobCompleted"; readonly jobId: JobId; readonly at: number }
  | { readonly type: "jobFailed"; readonly jobId: JobId; readonly reason: Reason; readonly at: number }
  | { readonly type: "jobCancelled"; readonly jobId: JobId; readonly reason: Reason; readonly at: number }
  /** Tasks come into being lazily, a window at a time. */
  | {
      readonly type: "tasksQueued";
      readonly jobId: JobId;
      readonly step: string;
      readonly first: number;
      readonly count: number;
      readonly at: number;
    }
  | { readonly type: "taskCollecting"; readonly taskId: TaskId }
  /** The task went back to the queue since a lease was lost or more replicas are wanted. */
  | { readonly type: "taskRequeued"; readonly taskId: TaskId; readonly replicasWanted: number; readonly reason: Reason }
  | {
      readonly type: "mismatchFound";
      readonly taskId: TaskId;
      readonly resolver: "referee" | "freshReplicas";
      readonly at: number;
    }
  | {
      readonly type: "commitSetClosed";
      readonly taskId: TaskId;
      readonly round: number;
      readonly leases: readonly LeaseId[];
    }
  | {
      readonly type: "taskAccepted";
      readonly taskId: TaskId;
      readonly digest: Hash;
      readonly outputs: readonly ArtifactRef[];
      readonly winners: readonly LeaseId[];
      readonly losers: readonly LeaseId[];
      readonly by: "agreement" | "referee" | "freshReplicas";
      readonly at: number;
    }
  | { readonly type: "taskDisputed"; readonly taskId: TaskId; readonly reason: Reason; readonly at: number }
  | { readonly type: "taskNondeterministic"; readonly taskId: TaskId; readonly reason: Reason; readonly at: number }
  | { readonly type: "taskPoisoned"; readonly taskId: TaskId; readonly reason: Reason; readonly at: number }
  | { readonly type: "taskCancelled"; readonly taskId: TaskId }
  | { readonly type: "taskFinal"; readonly taskId: TaskId }
  | {
      readonly type: "leaseOffered";
      readonly leaseId: LeaseId;
      readonly taskId: TaskId;
      readonly worker: Address;
      readonly operator: Address;
      readonly attempt: number;
      readonly role: "replica" | "referee";
      readonly price: bigint;
      readonly fine: bigint;
      readonly epoch: number;
      readonly traceId: string;
      readonly at: number;
      readonly acceptBy: number;
      readonly commitBy: number;
    }
  | { readonly type: "leaseAccepted"; readonly leaseId: LeaseId; readonly at: number }
  | { readonly type: "leaseRunning"; readonly leaseId: LeaseId; readonly at: number }
  | {
      readonly type: "leaseCommitted";
      readonly leaseId: LeaseId;
      readonly commitment: Hash;
      readonly evidence: ItemEvidence;
      readonly at: number;
    }
  | {
      readonly type: "leaseRevealed";
      readonly leaseId: LeaseId;
      readonly digest: Hash;
      readonly salt: Hash;
      readonly outputs: readonly ArtifactRef[];
      readonly usage: Usage;
      readonly fine: bigint;
      readonly evidence: ItemEvidence;
      readonly at: number;
    }
  | {
      readonly type: "leaseSettled";
      readonly leaseId: LeaseId;
      readonly verdict: "accepted" | "rejected" | "unneeded";
      readonly reason: Reason;
    }
  | { readonly type: "leaseDeclined"; readonly leaseId: LeaseId; readonly reason: Reason }
  | { readonly type: "leaseExpired"; readonly leaseId: LeaseId; readonly reason: Reason }
  | { readonly type: "leaseRevoked"; readonly leaseId: LeaseId; readonly reason: Reason }
  | {
      readonly type: "leaseFailed";
      readonly leaseId: LeaseId;
      readonly kind: "application" | "infrastructure";
      readonly reason: Reason;
      readonly log: string;
    }
  | {
      readonly type: "workerKnown";
      readonly worker: Address;
      readonly operator: Address;
      readonly signed: SignedWorkerRecord;
      readonly source: DiscoverySource;
      readonly remoteAddress: string;
      readonly at: number;
    }
  | { readonly type: "workerAdmitted"; readonly worker: Address }
  | { readonly type: "workerSuspended"; readonly worker: Address; readonly reason: Reason; readonly until: number }
  /** Banned for one job (rule 4: a caught worker is out of the job). Its operator is what is banned. */
  | { readonly type: "workerBanned"; readonly worker: Address; readonly jobId: JobId; readonly reason: Reason }
  | { readonly type: "workerLeft"; readonly worker: Address; readonly reason: Reason }
  | { readonly type: "offerPublished"; readonly jobId: JobId; readonly sequence: number; readonly at: number }
  /** Money. Each of these is a balanced posting in the books. */
  | { readonly type: "escrowOpened"; readonly escrowId: EscrowId; readonly payer: Address; readonly at: number }
  | {
      readonly type: "payOwed";
      readonly escrowId: EscrowId;
      readonly worker: Address;
      readonly leaseId: LeaseId;
      readonly amount: bigint;
    }
  | {
      readonly type: "allotmentIntended";
      readonly escrowId: EscrowId;
      readonly worker: Address;
      readonly total: bigint;
      readonly intentId: string;
    }
  | {
      readonly type: "paymentIntended";
      readonly escrowId: EscrowId;
      readonly payments: readonly { readonly worker: Address; readonly cumulative: bigint }[];
      readonly intentId: string;
    }
  | {
      readonly type: "batchClosed";
      readonly escrowId: EscrowId;
      readonly batch: number;
      readonly root: Hash;
      readonly taskIds: readonly TaskId[];
      readonly intentId: string;
      readonly last: boolean;
    }
  | {
      readonly type: "anchorSigned";
      readonly escrowId: EscrowId;
      readonly batch: number;
      readonly evidence: ItemEvidence["frame"];
    }
  | { readonly type: "escrowClosing"; readonly escrowId: EscrowId; readonly at: number }
  | { readonly type: "sender"; readonly fact: SenderFact }
  | { readonly type: "indexer"; readonly fact: IndexerFact };
