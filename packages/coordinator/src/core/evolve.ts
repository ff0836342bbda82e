// Applies one fact to the ledger and its index: the only writer of durable state. It decides nothing.
import { assert } from "@starling/kernel";
import { evolveIndexer, evolveSender } from "@starling/settlement";
import { evolveCredit } from "./evolve/credit.ts";
import { evolveDispute } from "./evolve/disputes.ts";
import { evolveJob } from "./evolve/job.ts";
import { evolveLease } from "./evolve/lease.ts";
import { evolveMoney } from "./evolve/money.ts";
import { evolveTask } from "./evolve/task.ts";
import { evolveWorker } from "./evolve/worker.ts";
import type { CoordinatorFact, CreditFact, DisputeFact, MoneyFact } from "./fact.ts";
import type { CoordinatorState } from "./state.ts";

/** Applies a fact in place. */
export function evolve(state: CoordinatorState, fact: CoordinatorFact): void {
  switch (fact.type) {
    case "epochStarted":
      assert(fact.epoch > state.ledger.epoch, `epoch ${fact.epoch} follows epoch ${state.ledger.epoch}`);
      state.ledger.epoch = fact.epoch;
      return;
    case "sender":
      evolveSender(state.ledger.sender, fact.fact);
      return;
    case "indexer":
      evolveIndexer(state.ledger.indexer, fact.fact);
      return;
    case "jobAccepted":
    case "fundingMoved":
    case "jobFunded":
    case "jobStarted":
    case "jobCompleted":
    case "jobFailed":
    case "jobCancelled":
    case "offerPublished":
    case "tasksQueued":
      evolveJob(state, fact);
      return;
    case "taskCollecting":
    case "taskRequeued":
    case "mismatchFound":
    case "commitSetClosed":
    case "taskAccepted":
    case "outputsCompared":
    case "auditOrdered":
    case "auditReferred":
    case "auditMissed":
    case "taskSettled":
    case "taskDisputed":
    case "taskNondeterministic":
    case "taskPoisoned":
    case "taskCancelled":
    case "taskFinal":
      evolveTask(state, fact);
      return;
    case "leaseOffered":
    case "leaseAccepted":
    case "leaseRunning":
    case "checkpointsTold":
    case "leaseCommitted":
    case "leaseRevealed":
    case "leaseEquivocated":
    case "leaseAnsweredTwice":
    case "leaseSettled":
    case "leaseDeclined":
    case "leaseExpired":
    case "leaseRevoked":
    case "leaseFailed":
      evolveLease(state, fact);
      return;
    case "workerKnown":
    case "workerAdmitted":
    case "workerSuspended":
    case "workerDraining":
    case "workerBanned":
    case "workerLeft":
    case "operatorCaught":
      evolveWorker(state, fact);
      return;
    default:
      evolveRest(state, fact);
  }
}

function evolveRest(state: CoordinatorState, fact: MoneyFact | DisputeFact | CreditFact): void {
  switch (fact.type) {
    case "disputeWanted":
    case "disputeStepIntended":
    case "implicationIntended":
    case "disputeRefused":
    case "disputeEnded":
    case "slashIntended":
    case "slashRefused":
    case "fineCollected":
    case "fineRefused":
      evolveDispute(state, fact);
      return;
    case "creditIntended":
    case "creditRefused":
      evolveCredit(state, fact);
      return;
    default:
      evolveMoney(state, fact);
  }
}
