// Challenges: now and then all idle workers of one operator get a product of matrices to compute, at the same moment. One box that poses as
// many has to compute all of them, and is late. What comes of it is shown; it steers nothing.
import { accepted, type Outcome, present, rejected } from "@starling/kernel";
import type { Address, Hash } from "@starling/protocol";
import type { Challenge } from "@starling/protocol/challenge";
import type { CoordinatorInput } from "../input.ts";
import { sawWorker } from "../lifecycle/worker.ts";
import { type CoordinatorState, isConnected, type Session } from "../state.ts";
import type { CoordinatorTurn } from "../turn.ts";

/** How a worker did when it was last challenged. */
export interface ChallengeRecord {
  readonly challenge: Challenge;
  readonly askedAt: number;
  readonly dueAt: number;
  /** What became of all that were asked at the same moment. */
  readonly round: Round;
  outcome: ChallengeOutcome;
  /** Until the answer came; null before. */
  tookMs: number | null;
}

/** `checking`: the answer is there, and is looked at elsewhere. `declined`: the machine was needed, which is held against nobody. */
export type ChallengeOutcome = "asked" | "checking" | "right" | "wrong" | "late" | "declined";

/** Workers of one operator that were asked at one moment: counted as their answers come, so that nobody has to look through all of them. */
interface Round {
  readonly together: number;
  /** Right, and in time. */
  inTime: number;
  declined: number;
}

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
  const round: Round = { together: workers.length, inTime: 0, declined: 0 };
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
  const answerMs = answerMsOf(state, session);
  const askedAt = turn.now;
  session.challenge = {
    challenge,
    askedAt,
    dueAt: askedAt + answerMs,
    round,
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

/** An answer: the first counts, and only to what was asked. It is checked elsewhere, since that takes tens of milliseconds. */
export function challengeAnswered(
  state: CoordinatorState,
  input: Extract<CoordinatorInput, { type: "challengeAnswered" }>,
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

const KEY_WORDS = 8;

/** The answer was looked at. */
export function challengeChecked(
  state: CoordinatorState,
  { worker, seed, isRight }: Extract<CoordinatorInput, { type: "challengeChecked" }>,
): Outcome {
  const asked = state.presence.sessions.get(worker)?.challenge ?? null;
  if (asked === null || asked.challenge.seed !== seed || asked.outcome !== "checking")
    return rejected("unknownChallenge", "that answer is not awaited any more");
  const isInTime = (asked.tookMs ?? 0) <= asked.dueAt - asked.askedAt;
  asked.outcome = !isRight ? "wrong" : isInTime ? "right" : "late";
  if (asked.outcome === "right") asked.round.inTime += 1;
  return accepted();
}

/** How a worker did, beside those that were asked with it. */
export interface ChallengeView extends Pick<ChallengeRecord, "outcome" | "askedAt" | "tookMs">, Round {}

/** How the worker did, and how many of those that were asked with it were right in time; null when it was never asked on this stream. */
export function challengeView(session: Session | undefined): ChallengeView | null {
  const record = session?.challenge ?? null;
  if (record === null) return null;
  const { outcome, askedAt, tookMs, round } = record;
  return { outcome, askedAt, tookMs, ...round };
}
