// The five life cycles as data: which state may follow which. The diagrams in the README are drawn from these tables.
import type { Lifecycle } from "@starling/kernel";

export type JobState = "accepted" | "running" | "completed" | "failed" | "cancelled";

/** A job runs from its first lease on; it can fail or be cancelled before. */
export const jobLifecycle: Lifecycle<JobState> = {
  name: "job",
  initial: "accepted",
  table: {
    accepted: ["running", "failed", "cancelled"],
    running: ["completed", "failed", "cancelled"],
    completed: [],
    failed: [],
    cancelled: [],
  },
};

export type TaskState =
  | "queued"
  | "collecting"
  | "accepted"
  | "final"
  | "disputed"
  | "nondeterministic"
  | "poison"
  | "cancelled";

/**
 * A task is queued while a replica of it waits for a worker, and collecting while all that are wanted are out. An accepted result
 * is provisional until it is settled: until then an audit may lead back to the queue.
 */
export const taskLifecycle: Lifecycle<TaskState> = {
  name: "task",
  initial: "queued",
  table: {
    queued: ["collecting", "accepted", "disputed", "nondeterministic", "poison", "cancelled"],
    collecting: ["queued", "accepted", "disputed", "nondeterministic", "poison", "cancelled"],
    accepted: ["queued", "final"],
    final: [],
    disputed: [],
    nondeterministic: [],
    poison: [],
    cancelled: [],
  },
};

export type LeaseState =
  | "offered"
  | "accepted"
  | "running"
  | "committed"
  | "revealed"
  | "settled"
  | "declined"
  | "expired"
  | "revoked"
  | "failed";

/** One attempt of one worker. Every state but the last five has a deadline. */
export const leaseLifecycle: Lifecycle<LeaseState> = {
  name: "lease",
  initial: "offered",
  table: {
    offered: ["accepted", "declined", "expired", "revoked"],
    accepted: ["running", "declined", "expired", "revoked", "failed"],
    running: ["committed", "expired", "revoked", "failed"],
    committed: ["revealed", "revoked", "failed"],
    revealed: ["settled"],
    settled: [],
    declined: [],
    expired: [],
    revoked: [],
    failed: [],
  },
};

export type WorkerState = "known" | "admitted" | "suspended" | "banned" | "left";

/** A worker that left is admitted again when it comes back; a ban is for ever. */
export const workerLifecycle: Lifecycle<WorkerState> = {
  name: "worker",
  initial: "known",
  table: {
    known: ["admitted", "banned", "left"],
    admitted: ["suspended", "banned", "left"],
    suspended: ["admitted", "banned", "left"],
    banned: [],
    left: ["admitted", "banned"],
  },
};

export type PaymentState = "owed" | "intended" | "broadcast" | "mined" | "final";

/** Pay of one worker from one escrow, up to one cumulative amount. Reorgs and refusals lead back. */
export const paymentLifecycle: Lifecycle<PaymentState> = {
  name: "payment",
  initial: "owed",
  table: {
    owed: ["intended"],
    intended: ["broadcast", "mined", "owed"],
    broadcast: ["mined", "intended", "owed"],
    mined: ["final", "broadcast", "owed"],
    final: [],
  },
};

/** Lease states in which the worker still owes something. */
export function isLive(state: LeaseState): boolean {
  return state === "offered" || state === "accepted" || state === "running" || state === "committed";
}

/** Whether the lease ended without an answer that counts. */
export function isLost(state: LeaseState): boolean {
  return state === "declined" || state === "expired" || state === "revoked" || state === "failed";
}

/** Whether the job has ended. */
export function isJobOver(state: JobState): boolean {
  return state === "completed" || state === "failed" || state === "cancelled";
}

/** Whether nothing more happens to the task but its anchoring. */
export function isTaskOver(state: TaskState): boolean {
  return state !== "queued" && state !== "collecting";
}
