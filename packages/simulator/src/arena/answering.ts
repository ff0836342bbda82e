// How an operator answers a lease, counted: honest ones work, the coalition decides.
import type { Answer, Arena, LeaseSeen } from "./arena.ts";
import { costOfWork } from "./arena.ts";
import type { Operator } from "./population.ts";

/** What is seen of a lease, and what accomplices have answered to the same task before. */
export interface Question extends Omit<LeaseSeen, "given"> {
  /** The coalition sticks to what it has said: another answer would give it away. Null when it has said nothing. */
  readonly said: Answer | null;
}

/** The answer of one operator; each is an execution that is paid for. */
export function answerOf({ attacker, random, tally }: Arena, operator: Operator, question: Question): Answer {
  tally.executions += 1;
  if (!operator.isBad) return "right";
  tally.attackerLeases += 1;
  const answer = question.said ?? (attacker.lies({ ...question, given: operator.given }, random) ? "lie" : "right");
  if (answer === "lie") tally.lies += 1;
  else tally.attackerCost += costOfWork;
  return answer;
}

/** Pays an operator and remembers that it gave a result that stands. */
export function pay({ tally }: Arena, operator: Operator, amount: number): void {
  operator.given += 1;
  if (operator.isBad) tally.attackerEarned += amount;
}

/** An answer that does not stand: nothing is paid for it. An honest one was right, and is harmed. */
export function reject({ tally }: Arena, operator: Operator): void {
  if (operator.isBad) return;
  tally.honestUnpaid += 1;
  tally.honestInvalidated += 1;
}

/** Takes money away. */
export function fine({ tally }: Arena, operator: Operator, amount: number): void {
  if (operator.isBad) {
    tally.caught += 1;
    tally.attackerFines += amount;
  } else if (amount > 0) tally.honestFines += 1;
}
