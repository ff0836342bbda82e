// Routes each input to the handlers of its noun, then looks again at everything that changed until nothing does.
import { accepted, assert, assertNever, type Outcome, type Turn } from "@starling/kernel";
import { wakeIndexer, wakeSender } from "@starling/settlement";
import { challengeAnswered, challengeChecked } from "./challenges/answers.ts";
import type { CoordinatorEffect } from "./effect.ts";
import type { CoordinatorFact } from "./fact.ts";
import type { CoordinatorInput } from "./input.ts";
import { jobCancelled, jobSubmitted, reviewJob } from "./lifecycle/job.ts";
import { failuresReceived, leasesAccepted, leasesDeclined } from "./lifecycle/lease.ts";
import { workerBeat, workerGone, workerHello } from "./lifecycle/session.ts";
import { machineMeasured, workerAsked, workerDrained } from "./lifecycle/worker.ts";
import { requestCredit } from "./money/allotment.ts";
import { anchorSigned } from "./money/anchor.ts";
import { indexerOf, senderOf, tellIndexer, tellSender } from "./money/bridge.ts";
import { indexerInput, senderInput } from "./money/chain.ts";
import { escrowCloseRequested, reviewEscrow } from "./money/escrow.ts";
import { settleHere } from "./money/no-chain.ts";
import { askForPledges, pledgeReceived } from "./money/pledge.ts";
import { startProcess } from "./resume.ts";
import { schedule } from "./scheduling/schedule.ts";
import type { CoordinatorState } from "./state.ts";
import { fireTimers } from "./timers.ts";
import { type CoordinatorTurn, openTurn, sendMail } from "./turn.ts";
import { commitsReceived, revealsReceived } from "./verification/collect.ts";
import { outputsCompared } from "./verification/equivalence.ts";
import { ticketsWanted } from "./verification/late-tickets.ts";
import { reviewTask } from "./verification/verdict.ts";

/** Reads one input; records facts and requests effects. Never throws for bad input. */
export function decide(
  state: CoordinatorState,
  input: CoordinatorInput,
  engineTurn: Turn<CoordinatorFact, CoordinatorEffect>,
): Outcome {
  const turn = openTurn(engineTurn);
  startProcess(state, turn.now);
  state.presence.turnAt = turn.now;
  const { epoch } = state.config;
  if (epoch > state.ledger.epoch) turn.record({ type: "epochStarted", epoch, at: turn.now });
  const outcome = route(state, input, turn);
  wakeSettlement(state, turn);
  fireTimers(state, turn);
  settleHere(state, turn);
  settle(state, turn);
  askForPledges(state, turn);
  sendMail(state, turn);
  return outcome;
}

function route(state: CoordinatorState, input: CoordinatorInput, turn: CoordinatorTurn): Outcome {
  switch (input.type) {
    case "tick":
      return accepted();
    case "jobSubmitted":
      return jobSubmitted(state, input, turn);
    case "jobCancelled":
      return jobCancelled(state, input, turn);
    case "escrowCloseRequested":
      return escrowCloseRequested(state, input, turn);
    case "workerHello":
      return workerHello(state, input, turn);
    case "workerGone":
      return workerGone(state, input, turn);
    case "workerAsked":
      return workerAsked(state, input, turn);
    case "leasesAccepted":
      return leasesAccepted(state, input, turn);
    case "leasesDeclined":
      return leasesDeclined(state, input, turn);
    case "workerBeat":
      return workerBeat(state, input, turn);
    case "commitsReceived":
      return commitsReceived(state, input, turn);
    case "revealsReceived":
      return revealsReceived(state, input, turn);
    case "failuresReceived":
      return failuresReceived(state, input, turn);
    case "pledgeReceived":
      return pledgeReceived(state, input, turn);
    case "ticketsWanted":
      return ticketsWanted(state, input, turn);
    case "challengeAnswered":
      return challengeAnswered(state, input, turn);
    case "challengeChecked":
      return challengeChecked(state, input);
    case "machineMeasured":
      return machineMeasured(state, input, turn);
    case "workerDrained":
      return workerDrained(state, input, turn);
    case "anchorSigned":
      return anchorSigned(state, input, turn);
    case "outputsCompared":
      return outputsCompared(state, input, turn);
    case "sender":
      return senderInput(state, input.input, turn);
    case "indexer":
      return indexerInput(state, input.input, turn);
    default:
      return assertNever(input, "coordinator input");
  }
}

function wakeSettlement(state: CoordinatorState, turn: CoordinatorTurn): void {
  const senderAt = wakeSender(senderOf(state));
  if (senderAt !== null && senderAt <= turn.now) tellSender(state, { type: "senderWoken" }, turn);
  const indexerAt = wakeIndexer(indexerOf(state));
  if (indexerAt !== null && indexerAt <= turn.now) tellIndexer(state, { type: "indexerWoken" }, turn);
}

/** Every pass makes progress that can't repeat, so a few passes are enough; more mean a loop. */
const passesMax = 1_000;

function settle(state: CoordinatorState, turn: CoordinatorTurn): void {
  const { tasks, jobs, steps, workers, escrows } = turn.changed;
  for (let pass = 0; tasks.size + jobs.size + steps.size + workers.size + escrows.size > 0; pass += 1) {
    assert(pass < passesMax, "a turn does not settle");
    for (const taskId of take(tasks)) {
      const task = state.ledger.tasks.get(taskId);
      if (task !== undefined) reviewTask(state, task, turn);
    }
    for (const jobId of take(jobs)) {
      const job = state.ledger.jobs.get(jobId);
      if (job !== undefined) reviewJob(state, job, turn);
    }
    schedule(state, turn);
    for (const escrowId of take(escrows)) {
      const escrow = state.ledger.escrows.get(escrowId);
      if (escrow !== undefined) reviewEscrow(state, escrow, turn);
    }
    requestCredit(state, turn);
    settleHere(state, turn);
  }
}

function take<T>(changed: Set<T>): readonly T[] {
  const items = [...changed];
  changed.clear();
  return items;
}
