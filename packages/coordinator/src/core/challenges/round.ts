// What became of joint challenges: counted as the answers come, and kept by operator for a few rounds, of which the best one counts.
import type { Address } from "@starling/protocol";
import type { CoordinatorPresence } from "../state.ts";

/** Workers of one operator that were asked at one moment. */
export interface Round {
  readonly together: number;
  /** Right, and in time. */
  inTime: number;
  /** Of those: hardly later than a machine that has nothing else to compute. */
  prompt: number;
  declined: number;
}

/** The newest rounds of each operator that has several workers, the oldest first. */
export type OperatorRounds = Map<Address, readonly Round[]>;

/** A machine that was busy once, or half of the time, shows in one of three what it can do; a box with many names never does. */
const ROUNDS_KEPT = 3;
const OPERATORS_MAX = 10_000;

/** A round begins. */
export function beginRound({ challengeRounds }: CoordinatorPresence, operator: Address, together: number): Round {
  const round: Round = { together, inTime: 0, prompt: 0, declined: 0 };
  if (together < 2) return round;
  const kept = [...(challengeRounds.get(operator) ?? []), round].slice(-ROUNDS_KEPT);
  challengeRounds.delete(operator);
  challengeRounds.set(operator, kept);
  const [oldest] = challengeRounds.keys();
  if (challengeRounds.size > OPERATORS_MAX && oldest !== undefined) challengeRounds.delete(oldest);
  return round;
}

/** How many machines an operator showed to have at one moment. */
export interface BestRound {
  readonly rounds: number;
  /** Most workers that were prompt in one round, and how many were asked in it. */
  readonly prompt: number;
  readonly promptOf: number;
}

/** The best of the operator's rounds. */
export function bestRound({ challengeRounds }: CoordinatorPresence, operator: Address): BestRound {
  const rounds = challengeRounds.get(operator) ?? [];
  let best: Pick<Round, "prompt" | "together"> = { prompt: 0, together: 0 };
  for (const one of rounds)
    if (one.prompt > best.prompt || (one.prompt === best.prompt && one.together > best.together)) best = one;
  return { rounds: rounds.length, prompt: best.prompt, promptOf: best.together };
}
