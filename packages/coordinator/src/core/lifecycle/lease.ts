// Leases from offer to answer: what workers say of them, and what their loss means for the task.
import { accepted, type Outcome, present } from "@starling/kernel";
import { type Address, type LeaseId, type ProgramEnding, reclaimedReason, type Usage } from "@starling/protocol";
import type { Reason } from "../fact.ts";
import { leaseDueAt } from "../indexes/maintain.ts";
import type { CoordinatorInput } from "../input.ts";
import type { Job, Task } from "../ledger/job.ts";
import { isNobodysFault, type Lease, lackOf } from "../ledger/lease.ts";
import { type CoordinatorState, planted } from "../state.ts";
import { type CoordinatorTurn, mailTo } from "../turn.ts";
import { askFreshReplicas, hasReferee } from "../verification/mismatch.ts";
import { endStalled, isStalled } from "../verification/stalled.ts";
import { noteCheckpoints } from "./checkpoint.ts";
import { failJob } from "./job.ts";
import { poisonedBy } from "./poison.ts";
import { isJobOver, isLive, isLost, isTaskOver } from "./tables.ts";
import { leasesOf, requeueTask } from "./task.ts";
import { giveSlotBack, noteFault, pauseAfterDecline, sawWorker } from "./worker.ts";

type Of<T extends CoordinatorInput["type"]> = Extract<CoordinatorInput, { type: T }>;

/** How a lease is lost. */
export type Loss =
  | { readonly type: "leaseDeclined" | "leaseExpired" | "leaseRevoked"; readonly reason: Reason }
  | {
      readonly type: "leaseFailed";
      readonly kind: "application" | "infrastructure";
      readonly reason: Reason;
      readonly log: string;
      readonly usage?: Usage;
      readonly ending?: ProgramEnding;
    };

/** A lease that a worker names, if it is that worker's. */
export function leaseOf(state: CoordinatorState, worker: Address, leaseId: string): Lease | undefined {
  const lease = state.ledger.leases.get(leaseId as LeaseId);
  return lease?.worker === worker ? lease : undefined;
}

/** The worker took leases and starts them. */
export function leasesAccepted(state: CoordinatorState, input: Of<"leasesAccepted">, turn: CoordinatorTurn): Outcome {
  sawWorker(state, input, turn);
  for (const { leaseId, attempt } of input.message.leases) {
    const lease = leaseOf(state, input.worker, leaseId);
    if (lease === undefined || lease.attempt !== attempt || isLost(lease.state))
      tellRevoked(turn, input.worker, leaseId);
    else startLease(lease, turn);
  }
  return accepted();
}

/** Acceptance starts the lease: there is no other sign of a start. */
export function startLease(lease: Lease, turn: CoordinatorTurn): void {
  if (lease.state === "offered") turn.record({ type: "leaseAccepted", leaseId: lease.leaseId, at: turn.now });
  if (lease.state === "accepted") turn.record({ type: "leaseRunning", leaseId: lease.leaseId, at: turn.now });
}

/** The worker refuses leases: each goes elsewhere. */
export function leasesDeclined(state: CoordinatorState, input: Of<"leasesDeclined">, turn: CoordinatorTurn): Outcome {
  sawWorker(state, input, turn);
  for (const { leaseId, reason, message } of input.message.leases) {
    const lease = leaseOf(state, input.worker, leaseId);
    if (lease === undefined || (lease.state !== "offered" && lease.state !== "accepted")) continue;
    pauseAfterDecline(state, { lease, reason }, turn);
    loseLease(state, { lease, loss: { type: "leaseDeclined", reason: { code: reason, message } } }, turn);
  }
  return accepted();
}

/** Runs ended without a result. */
export function failuresReceived(
  state: CoordinatorState,
  input: Of<"failuresReceived">,
  turn: CoordinatorTurn,
): Outcome {
  sawWorker(state, input, turn);
  for (const item of input.message.items) {
    const lease = leaseOf(state, input.worker, item.leaseId);
    if (lease === undefined || lease.attempt !== item.attempt || !isLive(lease.state)) continue;
    startLease(lease, turn);
    noteCheckpoints(state, lease, { told: item.checkpoints, turn });
    const { kind, log, usage, ending } = item;
    const reason = { code: item.reason, message: item.message };
    // Its ask for nothing comes after this; and whoever asks for more all the same is not given this again.
    if (item.reason === reclaimedReason) pauseAfterDecline(state, { lease, reason: "draining" }, turn);
    const measured = { ...(usage === undefined ? {} : { usage }), ...(ending === undefined ? {} : { ending }) };
    loseLease(state, { lease, loss: { type: "leaseFailed", kind, reason, log, ...measured } }, turn);
    const lack = lackOf(lease);
    if (lack !== null) pauseAfterDecline(state, { lease, reason: lack }, turn);
  }
  return accepted();
}

/** Ends a lease without an answer; its replica goes to another worker, unless task or job are beyond that. */
export function loseLease(
  state: CoordinatorState,
  { lease, loss }: { readonly lease: Lease; readonly loss: Loss },
  turn: CoordinatorTurn,
): void {
  turn.record({ ...loss, leaseId: lease.leaseId, at: turn.now });
  state.presence.progress.delete(lease.leaseId);
  giveSlotBack(state, lease, turn);
  if (loss.type === "leaseExpired" || loss.type === "leaseRevoked") {
    mailTo(turn, lease.worker).revokes.push({ leaseId: lease.leaseId, reason: loss.reason.code });
  }
  if (!isNobodysFault(lease) && lease.fault !== "application") noteFault(state, lease.worker, turn);
  replaceLease(state, lease, { reason: loss.reason, turn });
}

function replaceLease(
  state: CoordinatorState,
  lease: Lease,
  { reason, turn }: { readonly reason: Reason; readonly turn: CoordinatorTurn },
): void {
  const task = present(state.ledger.tasks.get(lease.taskId), `task ${lease.taskId}`);
  const job = present(state.ledger.jobs.get(lease.jobId), `job ${lease.jobId}`);
  if (isTaskOver(task.state) || isJobOver(job.state)) return;
  if (task.result !== null) {
    // The program has run: whoever stalls its check or claims that it fails must not end the job.
    if (isStalled(state, task)) {
      endStalled(state, task, { reason, turn });
      return;
    }
  } else if (poisonedBy(state, task, { reason, turn })) {
    return;
  } else if (isTriedEnough(state, task, job)) {
    const message = `task ${task.step}/${task.index} was lost or failed ${task.failures} times, the last time: ${reason.message}`;
    failJob(state, job, { reason: { code: "attemptsExhausted", message }, turn });
    return;
  }
  if (lease.role === "referee" && task.resolver === "referee" && !hasReferee(state, task, turn.now)) {
    askFreshReplicas(task, { replicas: job.replicas, reason: { code: "refereeLost", message: reason.message } }, turn);
    return;
  }
  // Inside a closed set the others are heard first; what is missing then makes a set of its own.
  if (task.set !== null) turn.changed.tasks.add(task.taskId);
  else requeueTask(task, { wanted: task.wanted + 1, reason }, turn);
}

// The payer bounds how often his program may fail; machines may fail more often, since that is not its fault.
function isTriedEnough(state: CoordinatorState, task: Task, { submission }: Job): boolean {
  if (task.failures >= state.config.policy.failuresMax) return true;
  const { retryMax } = submission;
  if (retryMax === undefined) return false;
  return leasesOf(state, task).filter(({ fault }) => fault === "application").length > retryMax;
}

/** A lease whose worker did not take its next step in time. */
export function leaseOverdue(state: CoordinatorState, leaseId: LeaseId, turn: CoordinatorTurn): void {
  const lease = state.ledger.leases.get(leaseId);
  if (lease === undefined || !isLive(lease.state)) return;
  const dueAt = leaseDueAt(lease);
  if (dueAt === null) return;
  if (dueAt > turn.now) {
    // The deadline moved with the state; one alarm per lease follows it.
    state.index.timers.push({ at: dueAt, kind: "lease", id: leaseId });
    return;
  }
  if (lease.state === "running" && planted(state, "acceptLateCommit")) return;
  if (lease.state === "committed") {
    const reason = { code: "revealTimeout", message: "the answer was committed and not revealed in time" };
    loseLease(state, { lease, loss: { type: "leaseFailed", kind: "infrastructure", reason, log: "" } }, turn);
    return;
  }
  const code = lease.state === "offered" ? "notAccepted" : "notCommitted";
  const message =
    lease.state === "offered" ? "the worker did not answer the offer in time" : "the worker did not finish in time";
  loseLease(state, { lease, loss: { type: "leaseExpired", reason: { code, message } } }, turn);
}

/** Takes a lease back. */
export function revokeLease(
  state: CoordinatorState,
  lease: Lease,
  { reason, turn }: { reason: Reason; turn: CoordinatorTurn },
): void {
  loseLease(state, { lease, loss: { type: "leaseRevoked", reason } }, turn);
}

/** Tells a worker that it works for nothing. */
export function tellRevoked(turn: CoordinatorTurn, worker: Address, leaseId: string): void {
  mailTo(turn, worker).revokes.push({ leaseId: leaseId as LeaseId, reason: "notHeld" });
}

/** Says again what became of a lease that has ended. */
export function repeatEnd(lease: Lease, turn: CoordinatorTurn): void {
  if (lease.state === "settled" && lease.verdict !== null) {
    const { leaseId, taskSpec, attempt, verdict, reason } = lease;
    const mail = mailTo(turn, lease.worker);
    mail.verdicts.push({ leaseId, taskSpec, attempt, verdict, reason: reason?.code ?? "" });
    mail.vouchers.add(lease.escrowId);
  } else if (isLost(lease.state)) {
    tellRevoked(turn, lease.worker, lease.leaseId);
  }
}
