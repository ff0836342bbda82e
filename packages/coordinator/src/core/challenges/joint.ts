// Challenges: now and then all idle workers of one operator get a product of matrices to compute, at the same moment. One box that poses as
// many has to compute all of them, and is late. What comes of it is shown; it steers nothing.
import { present } from "@starling/kernel";
import type { Address, Hash } from "@starling/protocol";
import type { Challenge } from "@starling/protocol/challenge";
import { type CoordinatorState, isConnected, type Session } from "../state.ts";
import type { CoordinatorTurn } from "../turn.ts";
import { beginRound, type Round } from "./round.ts";

/** How a worker did when it was last challenged. */
export interface ChallengeRecord {
  readonly challenge: Challenge;
  readonly askedAt: number;
  readonly dueAt: number;
  /** Until then a machine that has nothing else to compute has answered. In the past for one that told no figure. */
  readonly promptAt: number;
  /** What became of all that were asked at the same moment. */
  readonly round: Round;
  outcome: ChallengeOutcome;
  /** Until the answer came; null before. */
  tookMs: number | null;
}

/** `checking`: the answer is there, and is looked at elsewhere. `declined`: the machine was needed, which is held against nobody. */
export type ChallengeOutcome = "asked" | "checking" | "right" | "wrong" | "late" | "declined";

/** Wide, since a machine may be busy with work for others. */
const SLACK = 4;

/** Narrow, in halves: the figure is the lower end of a bucket already, and of several rounds the best one counts. */
const PROMPT_HALVES = 3;

/** Looks on a heartbeat whether an answer is late, and whether it is time for the next challenge. */
export function lookAtChallenges(state: CoordinatorState, session: Session, turn: CoordinatorTurn): void {
  const { presence, config } = state;
  const { challenge } = session;
  if (challenge?.outcome === "asked" && challenge.dueAt < turn.now) challenge.outcome = "late";
  const { challengeEveryMs } = config.policy;
  if (challengeEveryMs === 0) return;
  challengeAgain(state, turn);
  if (turn.now < (presence.nextChallengeAt ?? 0)) return;
  // Whoever knew the moment would keep other work away.
  const isFirst = presence.nextChallengeAt === null;
  presence.nextChallengeAt = turn.now + 1 + turn.random("challenge").below(challengeEveryMs);
  if (!isFirst && presence.challengeSeries === null) challengeSomebody(state, turn);
}

/** Rounds that one operator still has before him. */
export interface ChallengeSeries {
  readonly operator: Address;
  readonly left: number;
  readonly at: number;
}

// Operators are drawn and not workers: ten names of one box are challenged as often as one.
function challengeSomebody(state: CoordinatorState, turn: CoordinatorTurn): void {
  const idle = idleWorkers(state);
  const operators = [...idle.keys()];
  if (operators.length === 0) return;
  const operator = present(operators[turn.random("challenge").below(operators.length)], "operator");
  const workers = idle.get(operator) ?? [];
  challenge(state, { operator, workers }, turn);
  if (workers.length > 1) armSeries(state, { operator, left: state.config.policy.challengeRounds - 1 }, turn);
}

// One round may fall on a busy machine: the others follow soon, each at a random moment.
function challengeAgain(state: CoordinatorState, turn: CoordinatorTurn): void {
  const { challengeSeries: series } = state.presence;
  if (series === null || turn.now < series.at) return;
  const { operator, left } = series;
  challenge(state, { operator, workers: idleWorkers(state).get(operator) ?? [] }, turn);
  armSeries(state, { operator, left: left - 1 }, turn);
}

function armSeries(
  { presence, config }: CoordinatorState,
  { operator, left }: Omit<ChallengeSeries, "at">,
  turn: CoordinatorTurn,
): void {
  const { challengeAgainMs } = config.policy;
  const at = turn.now + challengeAgainMs + turn.random("challenge").below(challengeAgainMs);
  presence.challengeSeries = left > 0 ? { operator, left, at } : null;
  // Nobody is challenged twice at one moment.
  presence.nextChallengeAt = Math.max(presence.nextChallengeAt ?? 0, at);
}

function idleWorkers(state: CoordinatorState): ReadonlyMap<Address, readonly Address[]> {
  const idle = new Map<Address, Address[]>();
  for (const worker of state.presence.connected) {
    const operator = state.ledger.workers.get(worker)?.operator;
    // Whose owner lets it take nothing would decline.
    const isHeld = state.presence.sessions.get(worker)?.hold !== null;
    if (operator === undefined || isHeld || (state.index.liveLeases.get(worker)?.size ?? 0) > 0) continue;
    const workers = idle.get(operator);
    if (workers === undefined) idle.set(operator, [worker]);
    else if (workers.length < state.config.policy.challengeWorkersMax) workers.push(worker);
  }
  return idle;
}

interface Asked {
  readonly operator: Address;
  readonly workers: readonly Address[];
}

function challenge(state: CoordinatorState, { operator, workers }: Asked, turn: CoordinatorTurn): void {
  if (workers.length === 0) return;
  const round = beginRound(state.presence, operator, workers.length);
  for (const worker of workers) pose(state, { worker, round }, turn);
}

interface Posed {
  readonly worker: Address;
  readonly round: Round;
}

function pose(state: CoordinatorState, { worker, round }: Posed, turn: CoordinatorTurn): void {
  const session = state.presence.sessions.get(worker);
  if (!isConnected(session)) return;
  const { challengeSize: size, challengeFactors: factors, challengeLanesMax } = state.config.policy;
  const cores = state.ledger.workers.get(worker)?.signed.record.resources.cpuCores ?? 1;
  const seed: Hash = `0x${turn.random("challenge").hex(32)}`;
  const challenge = { seed, size, factors, lanes: Math.min(cores, challengeLanesMax) };
  const askedAt = turn.now;
  const { answerMs, promptMs } = limitsOf(state, session);
  session.challenge = {
    challenge,
    askedAt,
    dueAt: askedAt + answerMs,
    promptAt: askedAt + promptMs,
    round,
    outcome: "asked",
    tookMs: null,
  };
  turn.request({ type: "sendChallenge", worker, challenge, answerMs });
}

interface Limits {
  readonly answerMs: number;
  readonly promptMs: number;
}

// By the worker's own figure for one core, since each lane has a core of its own; who told none gets the most time, and is never prompt.
function limitsOf({ config }: CoordinatorState, { measured }: Session): Limits {
  const { challengeSize, challengeFactors, challengeBaseMs, challengeMsMax } = config.policy;
  const millionsPerSecond = measured.matrix;
  if (millionsPerSecond === undefined) return { answerMs: challengeMsMax, promptMs: -1 };
  const alone = Math.ceil((challengeSize ** 3 * challengeFactors) / (millionsPerSecond * 1_000));
  return {
    answerMs: Math.min(challengeMsMax, challengeBaseMs + SLACK * alone),
    promptMs: challengeBaseMs + Math.floor((PROMPT_HALVES * alone) / 2),
  };
}
