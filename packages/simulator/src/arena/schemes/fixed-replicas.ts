// Fixed replication: ask until one answer has enough votes. What most projects call verification.

import { answerOf, pay, reject } from "../answering.ts";
import { type Answer, type Arena, costOfWork, type Scheme, whole } from "../arena.ts";
import type { Operator } from "../population.ts";

/** A vote on one task. */
interface Ballot {
  readonly operator: Operator;
  readonly answer: Answer;
}

/** Nobody asks more often for one task. */
const ballotsMax = 8;

/** Asks `first` at once and then one by one until an answer has `votes`. */
export function fixedReplicas(
  name: string,
  { first, votes }: { readonly first: number; readonly votes: number },
): Scheme {
  return {
    name,
    play: (arena) => {
      for (let task = 0; task < arena.tasks; task += 1) {
        arena.tally.tasks += 1;
        vote(arena, { set: arena.workers.drawSet(first), votes, alone: null });
      }
    },
  };
}

/** What a vote begins with. */
export interface Poll {
  readonly set: readonly Operator[];
  readonly votes: number;
  /** What is shown of whether anybody else has the task. */
  readonly alone: boolean | null;
}

/** Takes the vote, pays the winners, and returns who answered what; the task stays without a result when nobody is left to ask. */
export function vote(
  arena: Arena,
  { set, votes, alone }: Poll,
): { readonly ballots: readonly Ballot[]; readonly winner: Answer | null } {
  const ballots: Ballot[] = [];
  const accomplices = set.filter(({ isBad }) => isBad).length;
  const ask = (operator: Operator, isSecondLook: boolean): void => {
    const said = ballots.find((one) => one.operator.isBad)?.answer ?? null;
    const holdsEnough = accomplices >= votes;
    const advantage = (holdsEnough ? whole : chanceOfHelp(arena)) - (whole - costOfWork);
    const question = { said, holdsEnough, seenAlone: alone, isSecondLook, advantage };
    ballots.push({ operator, answer: answerOf(arena, operator, question) });
  };
  for (const [i, operator] of set.entries()) ask(operator, i > 0);
  let winner = decided(ballots, votes);
  while (winner === null && ballots.length < ballotsMax) {
    const next = arena.workers.draw(ballots.map(({ operator }) => operator));
    if (next === null) break;
    ask(next, true);
    winner = decided(ballots, votes);
  }
  conclude(arena, ballots, winner);
  return { ballots, winner };
}

// A lie beside an honest answer needs an accomplice as the next voter: as likely as the coalition is large.
function chanceOfHelp({ percent }: Arena): number {
  return (percent * whole) / 100;
}

function decided(ballots: readonly Ballot[], votes: number): Answer | null {
  for (const answer of ["right", "lie"] as const)
    if (ballots.filter((one) => one.answer === answer).length >= votes) return answer;
  return null;
}

function conclude(arena: Arena, ballots: readonly Ballot[], winner: Answer | null): void {
  if (winner === null) arena.tally.unresolved += 1;
  if (winner === "lie") arena.tally.wrongAccepted += 1;
  for (const { operator, answer } of ballots) {
    if (answer === winner) pay(arena, operator, whole);
    else {
      reject(arena, operator);
      operator.given = 0;
    }
  }
}
