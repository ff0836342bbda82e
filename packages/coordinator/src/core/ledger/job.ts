// Jobs and tasks as the ledger keeps them.
import type { Millis } from "@starling/kernel";
import type { Address, ArtifactRef, EscrowId, Hash, JobId, JobSubmission, LeaseId, TaskId } from "@starling/protocol";
import type { Funding, Reason, Resolver } from "../fact.ts";
import type { JobState, TaskState } from "../lifecycle/tables.ts";

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
  /** Map tasks that exist so far, by index from zero. */
  mapQueued: number;
  reduceQueued: boolean;
  /** Tasks that exist, by state. */
  readonly counts: Record<TaskState, number>;
  /** Accepted tasks of the map step. */
  mapAccepted: number;
  reduceAccepted: boolean;
  /** Prices of leases whose outcome is open, base units. */
  inFlight: bigint;
  /** Pay for accepted results, base units. */
  owed: bigint;
  /** Operators that are out of the job, with the reason. */
  readonly banned: Map<Address, Reason>;
  offerSequence: number;
  offeredAt: Millis | null;
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
  /** Commit sets closed so far. */
  round: number;
  /** Leases that wait for a worker. */
  wanted: number;
  /** Leases ever made: the fencing token of the newest. */
  attempts: number;
  /** Leases that were lost or failed. */
  failures: number;
  /** All leases, oldest first. */
  readonly leases: LeaseId[];
  /** The closed commit set whose reveals are awaited. */
  set: readonly LeaseId[] | null;
  /** Why it went back to the queue, or how it ended. */
  reason: Reason | null;
  result: TaskResult | null;
  /** Where the result stands in an anchored batch. */
  anchor: { readonly batch: number; readonly index: number } | null;
}

/** What was accepted, and on whose word. */
export interface TaskResult {
  readonly digest: Hash;
  readonly outputs: readonly ArtifactRef[];
  readonly winners: readonly LeaseId[];
  readonly losers: readonly LeaseId[];
  readonly by: Resolver;
  readonly at: Millis;
}
