// Answers to challenges, computed in threads: right, and given up in time.
import { keyFromSeed, randomStreams } from "@starling/kernel";
import { type Challenge, isRightAnswer } from "@starling/protocol/challenge";
import { expect, test } from "vitest";
import { answerChallenge } from "../../src/shell/measure/answer-challenge.ts";

const challenge: Challenge = { seed: `0x${"7".repeat(64)}`, size: 16, factors: 3, lanes: 5 };
const signal = new AbortController().signal;

test("an answer of several lanes is right", async () => {
  const answer = await answerChallenge(challenge, { answerMs: 60_000, cores: 2, signal });
  const random = randomStreams(keyFromSeed(1))("check");
  expect(answer !== null && isRightAnswer(challenge, answer, { random, rounds: 2 })).toBe(true);
});

test("an answer that is not there in time, or not wanted any more, is given up", async () => {
  const endless = { ...challenge, size: 512, factors: 64 };
  expect(await answerChallenge(endless, { answerMs: 50, cores: 2, signal })).toBeNull();
  expect(await answerChallenge(endless, { answerMs: 60_000, cores: 2, signal: AbortSignal.abort() })).toBeNull();
});
