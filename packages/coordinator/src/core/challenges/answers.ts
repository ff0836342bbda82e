// Answers to challenges: the first counts, in the time that it took to come; whether it is right is found out elsewhere.
import { accepted, type Outcome, rejected } from "@starling/kernel";
import type { CoordinatorInput } from "../input.ts";
import type { Worker } from "../ledger/worker.ts";
import { sawWorker } from "../lifecycle/worker.ts";
import type { CoordinatorState } from "../state.ts";
import type { CoordinatorTurn } from "../turn.ts";
import type { ChallengeRecord } from "./joint.ts";
import { type BestRound, bestRound, type Round } from "./round.ts";

type Of<T extends CoordinatorInput["type"]> = Extract<CoordinatorInput, { type: T }>;

const KEY_WORDS = 8;

/** An answer: the first counts, and only to what was asked. It is checked elsewhere, since that takes tens of milliseconds. */
export function challengeAnswered(
  state: CoordinatorState,
  input: Of<"challengeAnswered">,
  turn: CoordinatorTurn,
): Outcome {
  const session = sawWorker(state, input, turn);
  if (session === null) return rejected("staleSession", "another stream of this worker took over");
  const { challenge: asked } = session;
  const { seed, product } = input.message;
  if (asked === null || asked.challenge.seed !== seed || asked.tookMs !== null || asked.outcome === "declined")
    return rejected("unknownChallenge", "that was not asked, or is answered already");
  if (product === null) {
    // Whoever thinks of it when the time is up was late.
    asked.outcome = turn.now > asked.dueAt ? "late" : "declined";
    if (asked.outcome === "declined") asked.round.declined += 1;
    return accepted();
  }
  asked.tookMs = turn.now - asked.askedAt;
  asked.outcome = "checking";
  const random = turn.random("freivalds");
  const key = Array.from({ length: KEY_WORDS }, () => random.uint32());
  turn.request({ type: "checkChallenge", subject: input.worker, challenge: asked.challenge, product, key });
  return accepted();
}

/** The answer was looked at. */
export function challengeChecked(state: CoordinatorState, { worker, seed, isRight }: Of<"challengeChecked">): Outcome {
  const asked = state.presence.sessions.get(worker)?.challenge ?? null;
  if (asked === null || asked.challenge.seed !== seed || asked.outcome !== "checking")
    return rejected("unknownChallenge", "that answer is not awaited any more");
  const answeredAt = asked.askedAt + (asked.tookMs ?? 0);
  asked.outcome = !isRight ? "wrong" : answeredAt <= asked.dueAt ? "right" : "late";
  if (asked.outcome !== "right") return accepted();
  asked.round.inTime += 1;
  if (answeredAt <= asked.promptAt) asked.round.prompt += 1;
  return accepted();
}

/** How a worker did, beside those that were asked with it, and how its operator did at best. */
export interface ChallengeView
  extends Pick<ChallengeRecord, "outcome" | "askedAt" | "tookMs">,
    Omit<Round, "prompt">,
    BestRound {}

/** How the worker did; null when it was never asked on this stream. */
export function challengeView({ presence }: CoordinatorState, { worker, operator }: Worker): ChallengeView | null {
  const record = presence.sessions.get(worker)?.challenge ?? null;
  if (record === null) return null;
  const { outcome, askedAt, tookMs, round } = record;
  const { together, inTime, declined } = round;
  return { outcome, askedAt, tookMs, together, inTime, declined, ...bestRound(presence, operator) };
}
