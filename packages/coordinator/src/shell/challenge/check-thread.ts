// A thread that checks answers to challenges, one after the other.
import { parentPort } from "node:worker_threads";
import { randomStreams } from "@starling/kernel";
import { type Challenge, isRightAnswer } from "@starling/protocol/challenge";

/** An answer, and the key of the columns by which it is checked. */
export interface CheckOrder {
  readonly id: number;
  readonly challenge: Challenge;
  readonly product: Uint8Array;
  readonly key: readonly number[];
}

/** What came of it. */
export interface CheckAnswer {
  readonly id: number;
  readonly isRight: boolean;
}

/** A wrong product passes one check with a chance of 1 in two million at most. */
const ROUNDS = 2;

parentPort?.on("message", ({ id, challenge, product, key }: CheckOrder) => {
  const random = randomStreams(key)("freivalds");
  const answer: CheckAnswer = { id, isRight: isRightAnswer(challenge, product, { random, rounds: ROUNDS }) };
  parentPort?.postMessage(answer);
});
