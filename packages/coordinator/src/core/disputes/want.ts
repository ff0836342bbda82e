// From a fine that is due to a dispute that is wanted: only the court takes a fine, and it takes nothing but signed answers.
import { present } from "@starling/kernel";
import { disputeIdOf, isGrouped, trustTerms } from "@starling/protocol";
import type { Reason } from "../fact.ts";
import type { Lease } from "../ledger/lease.ts";
import { stepSpecOf } from "../program.ts";
import type { CoordinatorState } from "../state.ts";
import type { CoordinatorTurn } from "../turn.ts";

/** Has the court asked about the answer of a caught lease, or says why it can't be. */
export function wantDispute(state: CoordinatorState, lease: Lease, turn: CoordinatorTurn): void {
  const { escrowId, leaseId, taskSpec, taskId } = lease;
  // Both signatures say enough, whatever the answers are about: no jury need be asked.
  if (lease.secondAnswer !== undefined && state.config.court !== null) {
    turn.changed.escrows.add(escrowId);
    return;
  }
  const flaw = flawOf(state, lease);
  if (flaw !== null) {
    turn.record({ type: "fineRefused", escrowId, leaseId, reason: flaw, isAcquitted: false, at: turn.now });
    return;
  }
  const disputeId = disputeIdOf(escrowId, taskSpec);
  if (state.ledger.disputes.get(disputeId)?.isOver === true) {
    const reason = { code: "disputedBefore", message: "the court has ruled on this task already, and does so once" };
    turn.record({ type: "fineRefused", escrowId, leaseId, reason, isAcquitted: false, at: turn.now });
    return;
  }
  turn.record({ type: "disputeWanted", escrowId, disputeId, taskSpec, taskId, leaseId, at: turn.now });
  turn.changed.escrows.add(escrowId);
}

function flawOf(state: CoordinatorState, lease: Lease): Reason | null {
  if (state.config.court === null) return { code: "noCourt", message: "this network has no court" };
  if (lease.answer === null) {
    const message = "the worker signed no answer that a court would take: nothing proves which result it gave";
    return { code: "noStatement", message };
  }
  const job = present(state.ledger.jobs.get(lease.jobId), `job ${lease.jobId}`);
  const { trust } = job.submission.spec;
  // The court compares hashes, and of these answers two right ones may differ.
  if (Object.values(trustTerms(trust).compare).some(({ kind }) => kind === "numeric")) {
    const message = "answers to this job are right within a tolerance, and the court knows equal ones alone";
    return { code: "notExact", message };
  }
  const { step } = present(state.ledger.tasks.get(lease.taskId), `task ${lease.taskId}`);
  const { runtimeClass } = stepSpecOf(job, step);
  // An honest juror on another machine would vote against an honest answer.
  if (isGrouped(runtimeClass)) {
    const message = `answers of class ${runtimeClass} are compared between machines of one calibration, and a jury is drawn from all`;
    return { code: "notPortable", message };
  }
  return null;
}
