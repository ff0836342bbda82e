// Routes each input of a worker to the handler of its noun.
import { accepted, assertNever, type Outcome, rejected, type Turn } from "@starling/kernel";
import { senderInput, wakeChain } from "./chain.ts";
import { challengeComputed, challengeReceived } from "./challenge.ts";
import { claimsSeen } from "./claims/redeem.ts";
import { askEveryone, beatDue, classesSeen, coordinatorConnected, coordinatorGone, offerHeard } from "./connection.ts";
import { creditsSeen } from "./credits/withdraw.ts";
import { devicesSeen } from "./devices/lookout.ts";
import type { WorkerEffect } from "./effect.ts";
import type { WorkerFact } from "./fact.ts";
import type { WorkerInput } from "./input.ts";
import { juriesSeen, taskJudged } from "./jury/serve.ts";
import { checkpointsKept, endRequested } from "./lifecycle/checkpoint.ts";
import { commitSetsReceived, verdictsReceived, voucherReceived } from "./lifecycle/outcome.ts";
import { allotmentSeen, expireLeases, leasesReceived, leasesRevoked } from "./lifecycle/reception.ts";
import { runFinished, startQueued } from "./lifecycle/run.ts";
import { ticketsReceived } from "./lifecycle/tickets.ts";
import { machineMeasured } from "./measured.ts";
import { giveBack, ownerAsked } from "./owner/hold.ts";
import { pledgeAsked, pledgeSeen } from "./pledge.ts";
import { endSpareWork, measurementEnded, measurementWanted } from "./spare.ts";
import type { WorkerState } from "./state.ts";

export type WorkerTurn = Turn<WorkerFact, WorkerEffect>;

/** Reads one input; records facts and requests effects. Never throws for bad input. */
export function decide(state: WorkerState, input: WorkerInput, turn: WorkerTurn): Outcome {
  const outcome = route(state, input, turn);
  giveBack(state, turn);
  endSpareWork(state, turn);
  // Whatever changed, free slots are filled and coordinators learn of new ones.
  startQueued(state, turn);
  askEveryone(state, turn);
  return outcome;
}

function route(state: WorkerState, input: WorkerInput, turn: WorkerTurn): Outcome {
  switch (input.type) {
    case "tick":
      expireLeases(state, turn);
      beatDue(state, turn);
      wakeChain(state, turn);
      return accepted();
    case "coordinatorConnected":
      return coordinatorConnected(state, input, turn);
    case "coordinatorGone":
      return coordinatorGone(state, input);
    case "offerHeard":
      return offerHeard(state, input.offer, turn);
    case "leasesReceived":
      return leasesReceived(state, input, turn);
    case "leasesRevoked":
      return leasesRevoked(state, input, turn);
    case "commitSetsReceived":
      return commitSetsReceived(state, input, turn);
    case "verdictsReceived":
      return verdictsReceived(state, input, turn);
    case "ticketsReceived":
      return ticketsReceived(state, input, turn);
    case "voucherReceived":
      return voucherReceived(state, input, turn);
    case "allotmentSeen":
      return allotmentSeen(state, input, turn);
    case "pledgeAsked":
      return pledgeAsked(state, input, turn);
    case "pledgeSeen":
      return pledgeSeen(state, input, turn);
    case "sender":
      return senderInput(state, input.input, turn);
    case "claimsSeen":
      return claimsSeen(state, input, turn);
    case "creditsSeen":
      return creditsSeen(state, input, turn);
    case "juriesSeen":
      return juriesSeen(state, input, turn);
    case "taskJudged":
      return taskJudged(state, input, turn);
    case "runFinished":
      return runFinished(state, input, turn);
    case "checkpointsKept":
      return checkpointsKept(state, input, turn);
    case "runProgressed":
      if (!state.ledger.leases.has(input.leaseId)) return rejected("unknownLease", "the lease is not held here");
      state.presence.progress.set(input.leaseId, { done: input.done, total: input.total });
      return accepted();
    default:
      return routeMachine(state, input, turn);
  }
}

type MachineInput = Extract<
  WorkerInput,
  {
    readonly type:
      | "challengeReceived"
      | "challengeComputed"
      | "measurementWanted"
      | "measurementEnded"
      | "devicesSeen"
      | "machineMeasured"
      | "localTimeSeen"
      | "classesSeen"
      | "ownerAsked"
      | "drainRequested"
      | "endRequested";
  }
>;

// What the machine and its owner say, and challenges to it.
function routeMachine(state: WorkerState, input: MachineInput, turn: WorkerTurn): Outcome {
  switch (input.type) {
    case "challengeReceived":
      return challengeReceived(state, input, turn);
    case "challengeComputed":
      return challengeComputed(state, input, turn);
    case "measurementWanted":
      return measurementWanted(state);
    case "measurementEnded":
      return measurementEnded(state);
    case "devicesSeen":
      return devicesSeen(state, input, turn);
    case "machineMeasured":
      return machineMeasured(state, input, turn);
    case "localTimeSeen":
      state.presence.localMinute = input.minuteOfWeek;
      return accepted();
    case "classesSeen":
      return classesSeen(state, input.classes);
    case "ownerAsked":
      return ownerAsked(state, input.wish, turn);
    case "drainRequested":
      state.presence.drainingSince ??= turn.now;
      return accepted();
    case "endRequested":
      return endRequested(state, turn);
    default:
      return assertNever(input, "worker input");
  }
}
