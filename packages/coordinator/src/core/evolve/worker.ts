// Facts of workers: how they were found, whether they are admitted, and what they are kept from.
import { assertNever, present, transition } from "@starling/kernel";
import type { WorkerFact } from "../fact.ts";
import { operatorIn } from "../ledger/operator.ts";
import { workerLifecycle } from "../lifecycle/tables.ts";
import { noteOutcome } from "../scheduling/reputation.ts";
import type { CoordinatorState } from "../state.ts";

/** Applies a fact of a worker. */
export function evolveWorker(state: CoordinatorState, fact: WorkerFact): void {
  const { workers } = state.ledger;
  if (fact.type === "workerKnown") {
    learn(state, fact);
    return;
  }
  if (fact.type === "operatorCaught") {
    catchOperator(state, fact);
    return;
  }
  const worker = present(workers.get(fact.worker), `worker ${fact.worker}`);
  switch (fact.type) {
    case "workerAdmitted":
      worker.state = transition(workerLifecycle, worker.state, "admitted");
      worker.reason = null;
      worker.suspendedUntil = null;
      break;
    case "workerSuspended":
      worker.state = transition(workerLifecycle, worker.state, "suspended");
      worker.reason = fact.reason;
      worker.suspendedUntil = fact.until;
      state.index.timers.push({ at: fact.until, kind: "worker", id: fact.worker });
      break;
    case "workerDraining":
      worker.drainedSeq = fact.seq;
      break;
    case "workerBanned":
      if (fact.jobId !== null) {
        present(state.ledger.jobs.get(fact.jobId), `job ${fact.jobId}`).banned.set(fact.operator, fact.reason);
        break;
      }
      worker.state = transition(workerLifecycle, worker.state, "banned");
      worker.reason = fact.reason;
      break;
    case "workerLeft":
      worker.state = transition(workerLifecycle, worker.state, "left");
      worker.reason = fact.reason;
      worker.suspendedUntil = null;
      break;
    default:
      assertNever(fact, "worker fact");
  }
}

// Probation starts anew, and the lease that gave it away keeps its fine.
function catchOperator(state: CoordinatorState, fact: Extract<WorkerFact, { type: "operatorCaught" }>): void {
  const operator = operatorIn(state.ledger.operators, fact.operator);
  operator.checksPassed.clear();
  operator.caught += 1;
  operator.caughtAt = fact.at;
  const lease = present(state.ledger.leases.get(fact.leaseId), `lease ${fact.leaseId}`);
  lease.caught = fact.reason;
  noteOutcome(state, lease, { outcome: "correct", isGood: false, at: fact.at });
}

function learn(state: CoordinatorState, fact: Extract<WorkerFact, { type: "workerKnown" }>): void {
  const known = state.ledger.workers.get(fact.worker);
  if (known === undefined) {
    state.ledger.workers.set(fact.worker, {
      worker: fact.worker,
      operator: fact.operator,
      signed: fact.signed,
      state: workerLifecycle.initial,
      reason: null,
      suspendedUntil: null,
      drainedSeq: null,
      source: fact.source,
      remoteAddress: fact.remoteAddress,
      knownAt: fact.at,
      faults: 0,
      accepted: 0,
      rejected: 0,
    });
    return;
  }
  known.operator = fact.operator;
  known.signed = fact.signed;
  known.remoteAddress = fact.remoteAddress;
  if (known.drainedSeq !== null && fact.signed.record.seq > known.drainedSeq) known.drainedSeq = null;
}
