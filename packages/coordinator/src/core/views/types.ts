// What the API and the command line read: plain values, derived from the state and never kept.
import type {
  Address,
  ArtifactRef,
  AuditCause,
  ChainPlace,
  EscrowId,
  FrameSignature,
  Hash,
  ItemEvidence,
  JobId,
  JobSubmission,
  LeaseId,
  OpenedTicket,
  OutputDistance,
  ProgramEnding,
  ReceiptFailure,
  ReceiptSet,
  ReceiptUsage,
  RuntimeClass,
  TaskId,
  TaskProgram,
  TaskSpecHash,
  UndecidedTask,
  Usage,
} from "@starling/protocol";
import type { LeaseVerdict, Reason, Resolver } from "../fact.ts";
import type { Audit } from "../ledger/job.ts";
import type { JobState, LeaseState, PaymentState, TaskState } from "../lifecycle/tables.ts";
import type { FineView } from "./fines.ts";

/** One page of a list, with the cursor of the next one, or null at the end. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

/** Moments are milliseconds since the epoch, money is base units, everywhere below. */
export interface JobView {
  readonly jobId: JobId;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly payer: Address;
  readonly idempotencyKey: string;
  readonly state: JobState;
  /** Why it failed or was cancelled. */
  readonly reason: Reason | null;
  /** The level, or `custom`. */
  readonly trust: string;
  readonly replicas: number;
  readonly runtimeClass: RuntimeClass;
  readonly escrowId: EscrowId;
  readonly traceId: string;
  readonly budget: bigint;
  readonly perTaskMax: bigint;
  readonly owed: bigint;
  readonly inFlight: bigint;
  readonly acceptedAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly deadlineAt: number;
  /** All tasks, also those that do not exist yet; `reduce` included. */
  readonly tasksTotal: number;
  /** Tasks that exist, by state. The rest is still to come. */
  readonly tasks: Readonly<Record<TaskState, number>>;
  /** Tasks whose result may still change: their finality window is open, or they are audited. */
  readonly provisional: number;
  /** Results that are, or were to be, run once more. */
  readonly audits: { readonly ordered: number; readonly open: number; readonly missed: number };
  /** Whether every accepted result stands under a confirmed root. */
  readonly anchored: boolean;
  /** Operators that were caught, with the reason. */
  readonly banned: readonly { readonly operator: Address; readonly reason: Reason }[];
}

export interface LeaseView {
  readonly leaseId: LeaseId;
  readonly taskId: TaskId;
  readonly taskSpec: TaskSpecHash;
  readonly attempt: number;
  readonly role: "replica" | "referee";
  readonly worker: Address;
  readonly operator: Address;
  readonly state: LeaseState;
  readonly epoch: number;
  readonly traceId: string;
  readonly price: bigint;
  readonly fine: bigint;
  readonly offeredAt: number;
  readonly acceptedAt: number | null;
  readonly committedAt: number | null;
  readonly endedAt: number | null;
  /** Until when the worker must take its next step. */
  readonly deadlineAt: number | null;
  readonly commitment: Hash | null;
  /** Known once revealed. */
  readonly digest: Hash | null;
  readonly outputs: readonly ArtifactRef[];
  readonly usage: Usage | null;
  readonly ending: ProgramEnding | null;
  readonly verdict: LeaseVerdict | null;
  readonly fault: "application" | "infrastructure" | null;
  readonly reason: Reason | null;
  readonly log: string;
  readonly progress: { readonly done: number; readonly total: number } | null;
  /** What it goes on from, and whose that is. */
  readonly resumed: { readonly step: number; readonly worker: Address } | null;
  /** The newest step that it has kept; null where there is none, and once the task has a result. */
  readonly checkpointStep: number | null;
}

export interface TaskView {
  readonly taskId: TaskId;
  readonly jobId: JobId;
  readonly step: string;
  readonly index: number;
  readonly state: TaskState;
  /** Since when it is in this state. */
  readonly since: number;
  readonly resolver: Resolver;
  /** Leases that wait for a worker. */
  readonly wanted: number;
  readonly attempts: number;
  readonly failures: number;
  readonly reason: Reason | null;
  /** Values of the matrix or range at this index. */
  readonly item: Readonly<Record<string, string>>;
  readonly digest: Hash | null;
  readonly outputs: readonly ArtifactRef[];
  readonly acceptedBy: Resolver | null;
  readonly acceptedAt: number | null;
  /** Until then the result is provisional at least; null without one. */
  readonly settlesAt: number | null;
  /** Since when nothing changes the result any more. */
  readonly settledAt: number | null;
  readonly audits: readonly Audit[];
  readonly leases: readonly LeaseView[];
  readonly anchor: { readonly batch: number; readonly index: number; readonly place: ChainPlace | null } | null;
}

/** One worker's money in one escrow. */
export interface AccountView {
  readonly worker: Address;
  readonly operator: Address | null;
  /** The credit limit on chain, what was paid included. */
  readonly allotted: bigint;
  readonly inFlight: bigint;
  /** Cumulative pay for accepted results. */
  readonly owed: bigint;
  /** What the chain has paid, fee included. */
  readonly paid: bigint;
  readonly payment: PaymentState | null;
}

export interface EscrowView {
  readonly escrowId: EscrowId;
  readonly payer: Address;
  readonly phase: "none" | "open" | "committed" | "closed";
  readonly closing: Reason | null;
  readonly openJobs: readonly JobId[];
  /** Deposits less refunds. */
  readonly budget: bigint;
  readonly refunded: bigint;
  readonly allotted: bigint;
  readonly owed: bigint;
  readonly paid: bigint;
  /** What a new job could still use. */
  readonly free: bigint;
  readonly accounts: readonly AccountView[];
  readonly batches: readonly BatchView[];
  readonly refused: Reason | null;
  readonly fines: readonly FineView[];
}

export interface BatchView {
  readonly batch: number;
  readonly root: Hash;
  readonly count: number;
  readonly last: boolean;
  readonly signed: FrameSignature | null;
  readonly place: ChainPlace | null;
}

/** A transaction of the coordinator. */
export interface TransactionView {
  readonly intentId: string;
  readonly status: string;
  readonly hash: Hash | null;
  readonly blockNumber: number | null;
  readonly gasUsed: bigint | null;
  /** Wei per unit of gas. */
  readonly gasPrice: bigint | null;
  readonly reason: string;
}

export interface LedgerView {
  readonly escrows: readonly EscrowView[];
  /** Newest last. */
  readonly transactions: readonly TransactionView[];
  /** Differences between books and promises; empty when they balance. */
  readonly differences: readonly string[];
}

/** Something that waits: for what, who owes the next step, since when, until when, and what would change it. */
export interface Wait {
  readonly code: string;
  readonly subject: "job" | "task" | "lease" | "payment" | "anchor";
  readonly id: string;
  readonly owner: "payer" | "coordinator" | "worker" | "chain";
  readonly since: number;
  readonly until: number | null;
  readonly message: string;
  readonly change: string;
  /** For placements: how many workers fail each predicate. Of what a machine lacks every one counts, of all else the first. */
  readonly predicates: readonly { readonly code: string; readonly workers: number; readonly message: string }[];
  /** For placements: workers whose machine meets every need, busy or not. */
  readonly fit?: number;
}

export interface JobExplanation {
  readonly jobId: JobId;
  readonly state: JobState;
  readonly reason: Reason | null;
  readonly workersKnown: number;
  readonly workersConnected: number;
  readonly waits: readonly Wait[];
}

/** One answer to an accepted task, with all signatures that it carries. */
export interface AnswerMaterial {
  readonly leaseId: LeaseId;
  readonly worker: Address;
  readonly operator: Address;
  readonly attempt: number;
  readonly role: "replica" | "referee";
  readonly round: number;
  readonly commitment: Hash;
  readonly commitEvidence: ItemEvidence;
  readonly digest: Hash;
  readonly salt: Hash;
  readonly outputs: readonly ArtifactRef[];
  readonly revealEvidence: ItemEvidence;
  readonly fine: bigint;
  readonly verdict: LeaseVerdict | null;
  /** What it earned, base units. */
  readonly paid: bigint;
  readonly audit: AuditCause | null;
  readonly distances: readonly OutputDistance[];
  readonly fuel: number | undefined;
  readonly usage: ReceiptUsage;
}

export interface TaskMaterial {
  readonly taskId: TaskId;
  readonly step: string;
  readonly index: number;
  readonly taskSpec: TaskSpecHash;
  readonly program: TaskProgram;
  /** Attempt and digest that stand in the anchored leaf. */
  readonly attempt: number;
  readonly digest: Hash;
  readonly outputs: readonly ArtifactRef[];
  readonly acceptedBy: Resolver;
  /** All answers, dissenters included, in the order in which the leaf hashes them. */
  readonly answers: readonly AnswerMaterial[];
  /** All closed commit sets, by round. */
  readonly sets: readonly ReceiptSet[];
  readonly failures?: readonly ReceiptFailure[];
  /** Null while the result is not settled: an open ticket tells which results are audited. */
  readonly ticket: OpenedTicket | null;
  readonly auditMissed: string | null;
  /** Null until the batch is closed. */
  readonly anchor: {
    readonly batch: number;
    readonly index: number;
    readonly leaf: Hash;
    readonly proof: readonly Hash[];
  } | null;
}

/** All that a receipt needs; the shell adds chain id, contracts and the network's trust file. */
export interface ReceiptMaterial {
  readonly submission: JobSubmission;
  readonly coordinator: Address;
  readonly escrowId: EscrowId;
  readonly state: JobState;
  readonly tasks: readonly TaskMaterial[];
  /** Tasks whose answers differ and on which nobody decided. */
  readonly undecided: readonly UndecidedTask[];
  readonly batches: readonly BatchView[];
}

/** A line for people who watch a job. */
export interface WatchEvent {
  readonly jobId: JobId;
  readonly taskId?: TaskId;
  /** The fact's name. */
  readonly kind: string;
  readonly message: string;
}

/** What one step of a planned job would meet. */
export interface StepPlan {
  readonly step: string;
  readonly tasks: number;
  /** Workers that qualify, and of how many operators, subnets and models of hardware they are. */
  readonly workers: number;
  readonly operators: number;
  readonly subnets: number;
  readonly hardware: number;
  /** Why the others don't. Of what a machine lacks every code counts, of all else the first. */
  readonly unmet: readonly { readonly code: string; readonly workers: number; readonly message: string }[];
}

/** An operator that can run every step of a planned job. */
export interface OperatorPlan {
  readonly operator: Address;
  /** What its cheapest worker asks for a task. */
  readonly price: bigint;
  readonly workers: number;
  /** Checks that it has to pass before its results are left to the lottery. */
  readonly checksLeft: number;
  /** What it has pledged to the payer's escrow beyond the fines that stand against it; null where there is no escrow yet to pledge to. */
  readonly pledgeFree: bigint | null;
}

/** What a job would meet if it were submitted now. */
export interface JobPlan {
  readonly workersKnown: number;
  readonly steps: readonly StepPlan[];
  readonly operatorsTotal: number;
  /** The cheapest first; the first thousand. */
  readonly operators: readonly OperatorPlan[];
  /** Workers of the payer and his referees that could settle a mismatch now. */
  readonly referees: number;
  readonly finalityMs: number;
  readonly probationChecks: number;
  readonly canaries: number;
}
