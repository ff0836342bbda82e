// Challenges of coordinators: computed one at a time and seldom, so that nobody can keep the machine busy with them.
import { accepted, type Outcome, rejected } from "@starling/kernel";
import type { WorkerInput } from "./input.ts";
import { takesWork } from "./owner/hold.ts";
import type { WorkerState } from "./state.ts";
import type { WorkerTurn } from "./worker.ts";

type Of<T extends WorkerInput["type"]> = Extract<WorkerInput, { type: T }>;

/** A coordinator wants to see a product. */
export function challengeReceived(state: WorkerState, input: Of<"challengeReceived">, turn: WorkerTurn): Outcome {
  const { presence, config } = state;
  const { coordinator, challenge, answerMs } = input;
  if (!presence.connections.has(coordinator)) return rejected("staleSession", "that stream was already replaced");
  if (!takesWork(state)) return rejected("draining", "this worker takes no more work");
  const isBusy = [...state.ledger.leases.values()].some((lease) => lease.state === "running");
  if (isBusy) return rejected("busy", "strangers' tasks run, and their time is not taken");
  if (turn.now < presence.challengeableAt) return rejected("challengedRecently", "one challenge in a while is enough");
  const { challengeRestMs, challengeRestTimes } = config.policy;
  presence.challengeableAt = turn.now + Math.max(challengeRestMs, (1 + challengeRestTimes) * answerMs);
  turn.request({ type: "answerChallenge", coordinator, challenge, answerMs });
  return accepted();
}

/** The product is there. */
export function challengeComputed(_state: WorkerState, input: Of<"challengeComputed">, turn: WorkerTurn): Outcome {
  const { coordinator, seed, product } = input;
  turn.request({ type: "sendChallengeAnswer", coordinator, seed, product });
  return accepted();
}
