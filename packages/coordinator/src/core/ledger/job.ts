// Jobs and tasks as the ledger keeps them.
import type { Millis } from "@starling/kernel";
import type {
  Address,
  ArtifactRef,
  ComparedOutput,
  EscrowId,
  Hash,
  JobId,
  JobSubmission,
  LeaseId,
  TaskId,
} from "@starling/protocol";
import type { AuditCause, Funding, Reason, Resolver } from "../fact.ts";
import type { JobState, TaskState } from "../lifecycle/tables.ts";
import type { JobUsage } from "./usage.ts";

export interface Job {
  readonly jobId: JobId;
  readonly payer: Address;
  readonly submission: JobSubmission;
  /** Tasks of the map step. */
  readonly taskCount: number;
  /** Answers that must agree for each task. */
  readonly replicas: number;
  /** What pays it; another one as long as it is not funded. */
  escrowId: EscrowId;
  funding: Funding;
  readonly traceId: string;
  /** The job's own deadline, or the escrow's less the time that anchoring needs. */
  deadlineAt: Millis;
  readonly acceptedAt: Millis;
  state: JobState;
  /** Whether its money is confirmed on chain. */
  funded: boolean;
  startedAt: Millis | null;
  endedAt: Millis | null;
  /** Why it failed or was cancelled. */
  reason: Reason | null;
  /** Map tasks that exist so far: the first of the shuffled order. */
  mapQueued: number;
  reduceQueued: boolean;
  /** Tasks that exist, by state. */
  readonly counts: Record<TaskState, number>;
  /** Map tasks with a result, provisional or not. */
  mapAccepted: number;
  /** Map tasks whose result is settled. */
  mapSettled: number;
  reduceSettled: boolean;
  /** Tasks with a result that is not settled. */
  provisional: number;
  /** Tasks with a result that are being run once more. */
  underAudit: number;
  /** Audits that were ordered, and those of them that nobody could make. */
  readonly audits: { ordered: number; missed: number };
  /** Leases ever made: the fencing token of the newest. Counted by job, so that it does not tell a first run from an audit. */
  attempts: number;
  /** Prices of leases whose outcome is open, base units. */
  inFlight: bigint;
  /** Pay for accepted results, base units. */
  owed: bigint;
  /** Operators that are out of the job, with the reason. */
  readonly banned: Map<Address, Reason>;
  offerSequence: number;
  offeredAt: Millis | null;
  /** What its attempts used, as their workers say; left out before one has ended. */
  usage?: JobUsage;
}

export interface Task {
  readonly taskId: TaskId;
  readonly jobId: JobId;
  readonly step: string;
  readonly index: number;
  state: TaskState;
  /** Since when it is in this state. */
  since: Millis;
  resolver: Resolver;
  /** The round in which the present resolver took over; earlier answers are the ones in doubt. */
  resolverRound: number;
  /** Where a first round of fresh replicas began that did not agree, so that a second one decides; left out where there was none. */
  firstFreshRound?: number;
  /** Commit sets closed so far. */
  round: number;
  /** Leases that wait for a worker. */
  wanted: number;
  /** Leases ever made. */
  attempts: number;
  /** Leases that were lost or failed. */
  failures: number;
  /** All leases, oldest first. */
  readonly leases: LeaseId[];
  /** The closed commit set whose reveals are awaited. */
  set: readonly LeaseId[] | null;
  /** Every set that was closed, oldest first. */
  sets: readonly ClosedSet[];
  /** Every audit that was ordered, oldest first. */
  audits: readonly Audit[];
  /** Answers that were measured, oldest first; left out where none was. */
  comparisons?: readonly AnswerComparison[];
  /** Why it went back to the queue, or how it ended. */
  reason: Reason | null;
  result: TaskResult | null;
  /** Until then the result is provisional at least. */
  settlesAt: Millis | null;
  settledAt: Millis | null;
  /** Where the result stands in an anchored batch. */
  anchor: { readonly batch: number; readonly index: number } | null;
}

/** Two answers of a task, by their digests, as they were measured. */
export interface AnswerComparison {
  /** The answer that the other one was measured by. */
  readonly reference: Hash;
  readonly answer: Hash;
  /** Every output in which they differ. */
  readonly outputs: readonly ComparedOutput[];
}

/** A closed commit set. */
export interface ClosedSet {
  readonly round: number;
  /** In the order of worker addresses, as it was told to all of them. */
  readonly leases: readonly LeaseId[];
  /** What the lottery says of it; null where it was not asked. */
  readonly drawn: boolean | null;
}

/** One more run of an accepted result. */
export interface Audit {
  readonly cause: AuditCause;
  readonly at: Millis;
  /** The commit set that its answer belongs to; a later one if its first lease was lost. */
  readonly round: number;
  /** Whether a referee makes it, since no other operator was free. */
  readonly referred: boolean;
  /** Why nobody made it; null while it is open and when it was made. */
  readonly missed: Reason | null;
}

/** What was accepted, and on whose word. */
export interface TaskResult {
  readonly digest: Hash;
  readonly outputs: readonly ArtifactRef[];
  readonly winners: readonly LeaseId[];
  readonly losers: readonly LeaseId[];
  /** Losers that were blamed. */
  readonly caught: readonly LeaseId[];
  readonly by: Resolver;
  readonly at: Millis;
}

/** One empty list for all tasks: most are never audited. */
export const noAudits: readonly Audit[] = [];
/** One empty list for all tasks without a closed set. */
export const noSets: readonly ClosedSet[] = [];

/** The audit whose answer is awaited, or null: only a task with a result that is run once more has one. */
export function openAudit({ audits, result, state }: Task): Audit | null {
  if (result === null || (state !== "queued" && state !== "collecting")) return null;
  return audits.at(-1) ?? null;
}

/** Why an answer was asked for, if it is that of an audit; null for first answers, and for those that decided after a mismatch. */
export function auditOf(task: Task, { round }: { readonly round: number }): AuditCause | null {
  const audit = task.audits.findLast((one) => one.round <= round);
  const decidedFrom = task.firstFreshRound ?? task.resolverRound;
  if (audit === undefined || (audit.round < decidedFrom && decidedFrom <= round)) return null;
  return audit.cause;
}
