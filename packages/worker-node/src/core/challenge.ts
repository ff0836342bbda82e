// Challenges of coordinators: computed one at a time and seldom, so that nobody can keep the machine busy with them.
import { accepted, type Outcome, rejected } from "@starling/kernel";
import type { WorkerInput } from "./input.ts";
import { declineChallenge, noSpareTime } from "./spare.ts";
import type { WorkerState } from "./state.ts";
import type { WorkerTurn } from "./worker.ts";

type Of<T extends WorkerInput["type"]> = Extract<WorkerInput, { type: T }>;

/** A coordinator wants to see a product. */
export function challengeReceived(state: WorkerState, input: Of<"challengeReceived">, turn: WorkerTurn): Outcome {
  const { presence, config } = state;
  const { coordinator, challenge, answerMs } = input;
  const { seed } = challenge;
  if (!presence.connections.has(coordinator)) return rejected("staleSession", "that stream was already replaced");
  const isTooSoon = turn.now < presence.challengeableAt;
  const reason = isTooSoon
    ? { code: "challengedRecently", message: "one challenge in a while is enough" }
    : noSpareTime(state);
  if (reason !== null) {
    declineChallenge({ coordinator, seed }, turn);
    return rejected(reason.code, reason.message);
  }
  const { challengeRestMs, challengeRestTimes } = config.policy;
  presence.challengeableAt = turn.now + Math.max(challengeRestMs, (1 + challengeRestTimes) * answerMs);
  presence.spare = { kind: "challenge", coordinator, seed };
  turn.request({ type: "answerChallenge", coordinator, challenge, answerMs });
  return accepted();
}

/** The product is there; null when it was not in time. */
export function challengeComputed(state: WorkerState, input: Of<"challengeComputed">, turn: WorkerTurn): Outcome {
  const { coordinator, seed, product } = input;
  const { spare } = state.presence;
  if (spare?.kind !== "challenge" || spare.seed !== seed)
    return rejected("unknownChallenge", "that challenge was given up");
  state.presence.spare = null;
  if (product !== null) turn.request({ type: "sendChallengeAnswer", coordinator, seed, product });
  return accepted();
}
