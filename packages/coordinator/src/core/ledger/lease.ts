// Leases as the ledger keeps them, with all evidence that a receipt needs.
import type { Millis } from "@starling/kernel";
import {
  type Address,
  type ArtifactRef,
  type Checkpoint,
  type EscrowId,
  type Hash,
  type ItemEvidence,
  imageUnavailableReason,
  type JobId,
  type LeaseId,
  type ProgramEnding,
  reclaimedReason,
  rootRoomReason,
  type TaskId,
  type TaskSpecHash,
  type Usage,
} from "@starling/protocol";
import type { LeaseVerdict, Reason } from "../fact.ts";
import type { LeaseState } from "../lifecycle/tables.ts";

/** A checkpoint as its worker told it. */
export interface ToldCheckpoint extends Checkpoint {
  /** Its file is here too; of the others only the content id is known. */
  readonly isHere: boolean;
}

/** How many of one attempt are remembered: workers that are some steps apart must be found to agree. */
export const checkpointsRemembered = 32;

/** A checkpoint that a lease goes on from. */
export interface Resumption extends Checkpoint {
  /** Whose it is. */
  readonly from: LeaseId;
  /** Another worker told it: this one is not blamed for what comes of it. */
  readonly isForeign: boolean;
}

export interface Lease {
  readonly leaseId: LeaseId;
  readonly taskId: TaskId;
  readonly jobId: JobId;
  readonly escrowId: EscrowId;
  readonly taskSpec: TaskSpecHash;
  readonly worker: Address;
  readonly operator: Address;
  readonly attempt: number;
  readonly role: "replica" | "referee";
  /** The commit set that it belongs to. */
  readonly round: number;
  readonly price: bigint;
  readonly fine: bigint;
  /** Whether the fine counts against the operator's pledge: until the result is settled, or for ever if the worker was caught. */
  fineHeld: boolean;
  /** Its result is audited whatever the lottery says. */
  readonly checked: boolean;
  readonly epoch: number;
  readonly traceId: string;
  readonly offeredAt: Millis;
  readonly acceptBy: Millis;
  readonly commitBy: Millis;
  state: LeaseState;
  acceptedAt: Millis | null;
  /** When it was settled or lost. */
  endedAt: Millis | null;
  committedAt: Millis | null;
  commitment: Hash | null;
  commitEvidence: ItemEvidence | null;
  /** Set when its commit set is closed. */
  revealBy: Millis | null;
  answer: Answer | null;
  verdict: LeaseVerdict | null;
  /** Why it is where it is. */
  reason: Reason | null;
  /** For failed leases: whose fault it was. */
  fault: "application" | "infrastructure" | null;
  /** Why its worker was caught with it. */
  caught: Reason | null;
  /** A second commitment that its worker signed. */
  equivocation?: { readonly commitment: Hash; readonly evidence: ItemEvidence };
  /** A second answer that its worker signed. */
  secondAnswer?: { readonly digest: Hash; readonly fine: bigint; readonly evidence: ItemEvidence };
  /** What it goes on from; left out where it began at the beginning. */
  readonly resume?: Resumption;
  /** The newest that were told, by rising step; left out where none was, and once the task has a result. */
  checkpoints?: readonly ToldCheckpoint[];
  /** How often any were told, and the bytes that came with them. */
  told?: { readonly times: number; readonly bytes: number };
  /** Tail of the log of a failed attempt, for the payer only. */
  log: string;
  /** What a failed attempt used; that of others is part of the answer. Left out where nothing ran. */
  usage?: Usage;
  /** How the program of a failed attempt ended; left out where it did not run. */
  ending?: ProgramEnding;
}

/** What a worker revealed. */
export interface Answer {
  readonly digest: Hash;
  readonly salt: Hash;
  readonly outputs: readonly ArtifactRef[];
  readonly usage: Usage;
  readonly fine: bigint;
  readonly evidence: ItemEvidence;
  readonly at: Millis;
}

/** Whether it was lost and nobody is to blame: it was declined, the owner took his machine back, or the machine lacked what the task needs. */
export function isNobodysFault(lease: Lease): boolean {
  const isGivenBack = lease.fault === "infrastructure" && lease.reason?.code === reclaimedReason;
  return lease.state === "declined" || isGivenBack || lackOf(lease) !== null;
}

/** What a worker may lack for a task by nobody's fault. */
export type LackReason = typeof imageUnavailableReason | typeof rootRoomReason;

const lackReasons: readonly LackReason[] = [imageUnavailableReason, rootRoomReason];

/** What the worker lacked: its image, which a registry did not give, or room for its root file system; or null. Whoever has committed had both. */
export function lackOf({ fault, reason, commitment }: Lease): LackReason | null {
  if (fault !== "infrastructure" || commitment !== null) return null;
  return lackReasons.find((code) => code === reason?.code) ?? null;
}
