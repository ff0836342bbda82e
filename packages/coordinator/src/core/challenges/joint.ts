// Challenges: now and then all idle workers of one operator get a product of matrices to compute, at the same moment. One box that poses as
// many has to compute all of them, and is late. What comes of it is shown; it steers nothing.
import { accepted, type Outcome, present, rejected } from "@starling/kernel";
import type { Address, Hash } from "@starling/protocol";
import { type Challenge, isRightAnswer } from "@starling/protocol/challenge";
import type { CoordinatorInput } from "../input.ts";
import { sawWorker } from "../lifecycle/worker.ts";
import { type CoordinatorState, isConnected, type Session } from "../state.ts";
import type { CoordinatorTurn } from "../turn.ts";

/** How a worker did when it was last challenged. */
export interface ChallengeRecord {
  readonly challenge: Challenge;
  readonly operator: Address;
  readonly askedAt: number;
  readonly dueAt: number;
  /** Workers of its operator that were asked at the same moment, itself included. */
  readonly together: number;
  outcome: "asked" | "right" | "wrong" | "late";
  /** Until the answer came; null before. */
  tookMs: number | null;
}

/** A wrong product passes one check with a chance of 1 in two million at most. */
const ROUNDS = 2;
/** Wide, since a machine may be busy with work for others. */
const SLACK = 4;

/** Looks on a heartbeat whether an answer is late, and whether it is time for the next challenge. */
export function lookAtChallenges(state: CoordinatorState, session: Session, turn: CoordinatorTurn): void {
  const { presence, config } = state;
  const { challenge } = session;
  if (challenge?.outcome === "asked" && challenge.dueAt < turn.now) challenge.outcome = "late";
  const { challengeEveryMs } = config.policy;
  if (challengeEveryMs === 0 || turn.now < (presence.nextChallengeAt ?? 0)) return;
  // Whoever knew the moment would keep other work away.
  const isFirst = presence.nextChallengeAt === null;
  presence.nextChallengeAt = turn.now + 1 + turn.random("challenge").below(challengeEveryMs);
  if (!isFirst) challengeSomebody(state, turn);
}

// Operators are drawn and not workers: ten names of one box are challenged as often as one.
function challengeSomebody(state: CoordinatorState, turn: CoordinatorTurn): void {
  const idle = new Map<Address, Address[]>();
  for (const worker of state.presence.connected) {
    const operator = state.ledger.workers.get(worker)?.operator;
    if (operator === undefined || (state.index.liveLeases.get(worker)?.size ?? 0) > 0) continue;
    const workers = idle.get(operator);
    if (workers === undefined) idle.set(operator, [worker]);
    else if (workers.length < state.config.policy.challengeWorkersMax) workers.push(worker);
  }
  const operators = [...idle.keys()];
  if (operators.length === 0) return;
  const operator = present(operators[turn.random("challenge").below(operators.length)], "operator");
  const workers = idle.get(operator) ?? [];
  for (const worker of workers) pose(state, { worker, operator, together: workers.length }, turn);
}

interface Posed {
  readonly worker: Address;
  readonly operator: Address;
  readonly together: number;
}

function pose(state: CoordinatorState, { worker, operator, together }: Posed, turn: CoordinatorTurn): void {
  const session = state.presence.sessions.get(worker);
  if (!isConnected(session)) return;
  const { challengeSize: size, challengeFactors: factors, challengeLanesMax } = state.config.policy;
  const cores = state.ledger.workers.get(worker)?.signed.record.resources.cpuCores ?? 1;
  const seed: Hash = `0x${turn.random("challenge").hex(32)}`;
  const challenge = { seed, size, factors, lanes: Math.min(cores, challengeLanesMax) };
  const answerMs = answerMsOf(state, session);
  const askedAt = turn.now;
  session.challenge = {
    challenge,
    operator,
    askedAt,
    dueAt: askedAt + answerMs,
    together,
    outcome: "asked",
    tookMs: null,
  };
  turn.request({ type: "sendChallenge", worker, challenge, answerMs });
}

// By the worker's own figure for one core, since each lane has a core of its own; who told none gets the most time.
function answerMsOf({ config }: CoordinatorState, { measured }: Session): number {
  const { challengeSize, challengeFactors, challengeBaseMs, challengeMsMax } = config.policy;
  const millionsPerSecond = measured.matrix;
  if (millionsPerSecond === undefined) return challengeMsMax;
  const alone = Math.ceil((challengeSize ** 3 * challengeFactors) / (millionsPerSecond * 1_000));
  return Math.min(challengeMsMax, challengeBaseMs + SLACK * alone);
}

/** An answer: the first counts, and only to what was asked. */
export function challengeAnswered(
  state: CoordinatorState,
  input: Extract<CoordinatorInput, { type: "challengeAnswered" }>,
  turn: CoordinatorTurn,
): Outcome {
  const session = sawWorker(state, input, turn);
  if (session === null) return rejected("staleSession", "another stream of this worker took over");
  const { challenge: asked } = session;
  const { seed, product } = input.message;
  if (asked === null || asked.challenge.seed !== seed || asked.tookMs !== null)
    return rejected("unknownChallenge", "that was not asked, or is answered already");
  asked.tookMs = turn.now - asked.askedAt;
  const random = turn.random("freivalds");
  const isRight = isRightAnswer(asked.challenge, product, { random, rounds: ROUNDS });
  asked.outcome = !isRight ? "wrong" : turn.now <= asked.dueAt ? "right" : "late";
  return accepted();
}

/** How a worker did, beside those that were asked with it. */
export interface ChallengeView extends Pick<ChallengeRecord, "outcome" | "askedAt" | "tookMs" | "together"> {
  /** Of those that were asked at that moment: right, and in time. */
  readonly inTime: number;
}

/** How the worker did, and how many of those that were asked with it were right in time; null when it was never asked on this stream. */
export function challengeView(state: CoordinatorState, session: Session | undefined): ChallengeView | null {
  const record = session?.challenge ?? null;
  if (record === null) return null;
  const { outcome, askedAt, tookMs, together, operator } = record;
  let inTime = 0;
  for (const { challenge } of state.presence.sessions.values())
    if (challenge?.operator === operator && challenge.askedAt === askedAt && challenge.outcome === "right") inTime += 1;
  return { outcome, askedAt, tookMs, together, inTime };
}
