// Facts of leases: one worker, one attempt; with the money that is held for it and the evidence that it leaves.
import { assertNever, present, transition } from "@starling/kernel";
import type { LeaseFact } from "../fact.ts";
import { armLease, indexLease, indexTask } from "../indexes/maintain.ts";
import { addAmount } from "../ledger/escrow.ts";
import { checkpointsRemembered, isNobodysFault, type Lease } from "../ledger/lease.ts";
import { type LeaseState, leaseLifecycle } from "../lifecycle/tables.ts";
import { noteAnswer, noteLoss } from "../scheduling/reputation.ts";
import type { CoordinatorState } from "../state.ts";
import { holdFine, releaseFine } from "./fines.ts";
import { addSize, addUsage } from "./usage.ts";

type Of<T extends LeaseFact["type"]> = Extract<LeaseFact, { type: T }>;
type Lost = Of<"leaseDeclined" | "leaseExpired" | "leaseRevoked" | "leaseFailed">;

/** Applies a fact of a lease. */
export function evolveLease(state: CoordinatorState, fact: LeaseFact): void {
  if (fact.type === "leaseOffered") {
    offer(state, fact);
    return;
  }
  const lease = present(state.ledger.leases.get(fact.leaseId), `lease ${fact.leaseId}`);
  switch (fact.type) {
    case "leaseAccepted":
      move(lease, "accepted");
      lease.acceptedAt = fact.at;
      armLease(state, lease);
      return;
    case "leaseRunning":
      move(lease, "running");
      return;
    case "checkpointsTold":
      tell(lease, fact);
      return;
    case "leaseCommitted":
      move(lease, "committed");
      lease.committedAt = fact.at;
      lease.commitment = fact.commitment;
      lease.commitEvidence = fact.evidence;
      return;
    case "leaseRevealed": {
      const { digest, salt, outputs, usage, fine, evidence, at } = fact;
      move(lease, "revealed");
      lease.answer = { digest, salt, outputs, usage, fine, evidence, at };
      indexLease(state, lease);
      addUsage(state.ledger, lease);
      return;
    }
    case "leaseEquivocated":
      lease.equivocation = { commitment: fact.commitment, evidence: fact.evidence };
      return;
    case "leaseAnsweredTwice":
      lease.secondAnswer = { digest: fact.digest, fine: fact.fine, evidence: fact.evidence };
      return;
    case "leaseSettled":
      settle(state, lease, fact);
      return;
    case "leaseDeclined":
      lose(state, lease, { to: "declined", fact });
      return;
    case "leaseExpired":
      lose(state, lease, { to: "expired", fact });
      return;
    case "leaseRevoked":
      lose(state, lease, { to: "revoked", fact });
      return;
    case "leaseFailed":
      lease.fault = fact.kind;
      lease.log = fact.log;
      if (fact.usage !== undefined) lease.usage = fact.usage;
      if (fact.ending !== undefined) lease.ending = fact.ending;
      lose(state, lease, { to: "failed", fact });
      addUsage(state.ledger, lease);
      return;
    default:
      assertNever(fact, "lease fact");
  }
}

function tell(lease: Lease, { checkpoints }: Of<"checkpointsTold">): void {
  const newest = checkpoints.at(-1);
  const told = checkpoints.map((one) => ({ ...one, isHere: one === newest }));
  lease.checkpoints = [...(lease.checkpoints ?? []), ...told].slice(-checkpointsRemembered);
  const { times, bytes } = lease.told ?? { times: 0, bytes: 0 };
  lease.told = { times: times + 1, bytes: bytes + (newest?.size ?? 0) };
}

function move(lease: Lease, to: LeaseState): void {
  lease.state = transition(leaseLifecycle, lease.state, to);
}

function offer(state: CoordinatorState, fact: Of<"leaseOffered">): void {
  const task = present(state.ledger.tasks.get(fact.taskId), `task ${fact.taskId}`);
  const job = present(state.ledger.jobs.get(task.jobId), `job ${task.jobId}`);
  const { leaseId, taskId, taskSpec, worker, operator, attempt, role, price, fine, epoch, traceId } = fact;
  const lease: Lease = {
    leaseId,
    taskId,
    jobId: task.jobId,
    escrowId: job.escrowId,
    taskSpec,
    worker,
    operator,
    attempt,
    role,
    round: task.round,
    price,
    fine,
    fineHeld: false,
    checked: fact.checked ?? false,
    epoch,
    traceId,
    offeredAt: fact.at,
    acceptBy: fact.acceptBy,
    commitBy: fact.commitBy,
    state: leaseLifecycle.initial,
    acceptedAt: null,
    endedAt: null,
    committedAt: null,
    commitment: null,
    commitEvidence: null,
    revealBy: null,
    answer: null,
    verdict: null,
    reason: null,
    fault: null,
    caught: null,
    ...(fact.resume === undefined ? {} : { resume: fact.resume }),
    log: "",
  };
  state.ledger.leases.set(leaseId, lease);
  task.leases.push(leaseId);
  task.attempts += 1;
  job.attempts = Math.max(job.attempts, attempt);
  task.wanted -= 1;
  hold(state, lease, price);
  holdFine(state, lease);
  indexLease(state, lease);
  indexTask(state, task);
  armLease(state, lease);
}

// The price is held from the offer until the outcome is known, so that no money is promised twice.
function hold(state: CoordinatorState, lease: Lease, change: bigint): void {
  const job = present(state.ledger.jobs.get(lease.jobId), `job ${lease.jobId}`);
  const escrow = present(state.ledger.escrows.get(lease.escrowId), `escrow ${lease.escrowId}`);
  job.inFlight += change;
  addAmount(escrow.inFlight, lease.worker, change);
}

function settle(state: CoordinatorState, lease: Lease, fact: Of<"leaseSettled">): void {
  move(lease, "settled");
  lease.verdict = fact.verdict;
  lease.reason = fact.reason;
  lease.endedAt = fact.at;
  hold(state, lease, -lease.price);
  if (fact.verdict === "accepted") addSize(state.ledger, lease);
  noteAnswer(state, lease, fact.at);
  // The fine stands until the result is settled; without a result there is nothing to fine.
  const task = present(state.ledger.tasks.get(lease.taskId), `task ${lease.taskId}`);
  if (task.result === null) releaseFine(state, lease);
  const worker = state.ledger.workers.get(lease.worker);
  if (worker === undefined || fact.verdict === "unneeded") return;
  if (fact.verdict === "accepted") {
    worker.accepted += 1;
    worker.faults = 0;
  } else {
    worker.rejected += 1;
  }
}

function lose(
  state: CoordinatorState,
  lease: Lease,
  { to, fact }: { readonly to: LeaseState; readonly fact: Lost },
): void {
  move(lease, to);
  lease.reason = fact.reason;
  lease.endedAt = fact.at;
  hold(state, lease, -lease.price);
  releaseFine(state, lease);
  noteLoss(state, lease, fact.at);
  indexLease(state, lease);
  const task = present(state.ledger.tasks.get(lease.taskId), `task ${lease.taskId}`);
  const worker = state.ledger.workers.get(lease.worker);
  if (!isNobodysFault(lease)) {
    task.failures += 1;
    if (worker !== undefined && lease.fault !== "application") worker.faults += 1;
  }
  indexTask(state, task);
}
