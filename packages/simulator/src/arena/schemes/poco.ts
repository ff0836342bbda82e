// iExec's PoCo weights in the contract's integer arithmetic (IexecPoco2Facet: contribute, checkConsensus, distributeRewards).

import { answerOf, fine, pay, reject } from "../answering.ts";
import { type Answer, type Arena, costOfWork, type Scheme, whole } from "../arena.ts";
import type { Operator } from "../population.ts";

/** `workerStakeRatioPolicy`, percent of the price: what a contribution locks and a loser forfeits to the winners. */
const STAKE_PERCENT = 30;
const STAKE = (whole * STAKE_PERCENT) / 100;

interface Contribution {
  readonly operator: Operator;
  readonly answer: Answer;
  readonly weight: number;
}

interface Consensus {
  readonly group: Record<Answer, number>;
  total: number;
}

/** Consensus at `group * trust > total * (trust - 1)`; 10 stands for 90 %. */
export function poco(trust: number): Scheme {
  return {
    name: `PoCo weights, trust ${trust}`,
    play: (arena) => {
      for (let task = 0; task < arena.tasks; task += 1) {
        arena.tally.tasks += 1;
        decide(arena, trust);
      }
    },
  };
}

function decide(arena: Arena, trust: number): void {
  // "setup denominator": the total begins at one.
  const consensus: Consensus = { group: { right: 0, lie: 0 }, total: 1 };
  const contributions: Contribution[] = [];
  for (;;) {
    const operator = arena.workers.draw(contributions.map((one) => one.operator));
    if (operator === null) break;
    const weight = weightOf(operator);
    const said = contributions.find((one) => one.operator.isBad)?.answer ?? null;
    const holdsEnough =
      said === null && isReached(added({ ...consensus, group: { ...consensus.group } }, "lie", weight), "lie", trust);
    const advantage = (holdsEnough ? whole : -STAKE) - (whole - costOfWork);
    const question = { said, holdsEnough, seenAlone: null, isSecondLook: contributions.length > 0, advantage };
    const answer = answerOf(arena, operator, question);
    contributions.push({ operator, answer, weight });
    if (isReached(added(consensus, answer, weight), answer, trust)) {
      distribute(arena, contributions, answer);
      return;
    }
  }
  // Everybody was asked and nobody weighs enough: the task is claimed back, and stakes are unlocked.
  arena.tally.unresolved += 1;
}

function weightOf({ standing }: Operator): number {
  return Math.max(Math.floor(standing / 3), 3) - 1;
}

function added(consensus: Consensus, answer: Answer, weight: number): Consensus {
  const group = consensus.group[answer];
  const delta = Math.max(group, 1) * weight - group;
  consensus.group[answer] = group + delta;
  consensus.total += delta;
  return consensus;
}

function isReached({ group, total }: Consensus, answer: Answer, trust: number): boolean {
  return group[answer] * trust > total * (trust - 1);
}

// Rewards go by the logarithm of the weight. The pool is one price for each contribution, so that honest work pays as in the other schemes.
function distribute(arena: Arena, contributions: readonly Contribution[], winner: Answer): void {
  const winners = contributions.filter(({ answer }) => answer === winner);
  const losers = contributions.filter(({ answer }) => answer !== winner);
  if (winner === "lie") arena.tally.wrongAccepted += 1;
  const pool = whole * winners.length + STAKE * losers.length;
  const logs = winners.reduce((sum, { weight }) => sum + log2(weight), 0);
  for (const { operator, weight } of winners) {
    pay(arena, operator, Math.floor((pool * log2(weight)) / logs));
    if (contributions.length > 1) operator.standing += 1;
  }
  for (const { operator } of losers) {
    reject(arena, operator);
    fine(arena, operator, STAKE);
    operator.standing = Math.floor((operator.standing * 2) / 3);
    operator.given = 0;
  }
}

function log2(weight: number): number {
  return 31 - Math.clz32(weight);
}
