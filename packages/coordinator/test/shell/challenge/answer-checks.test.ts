// Answers to challenges are checked in a thread: right ones pass, others do not, and a stop ends it.
import { type Challenge, challengeAnswer, laneProduct } from "@starling/protocol/challenge";
import { expect, test } from "vitest";
import { AnswerChecks } from "../../../src/shell/challenge/answer-checks.ts";

const challenge: Challenge = { seed: `0x${"5".repeat(64)}`, size: 8, factors: 2, lanes: 2 };
const product = challengeAnswer([laneProduct(challenge, 0), laneProduct(challenge, 1)]);
const key = [1, 2, 3, 4, 5, 6, 7, 8];
const signal = new AbortController().signal;

test("several at once, and again after the thread has ended", async () => {
  const checks = new AnswerChecks();
  const wrong = Uint8Array.from(product);
  wrong[0] = (wrong[0] ?? 0) ^ 1;
  for (let times = 0; times < 2; times += 1) {
    const asked = [product, wrong, new Uint8Array(3), product].map((one) =>
      checks.check({ challenge, product: one, key }, { signal }),
    );
    expect(await Promise.all(asked)).toEqual([true, false, false, true]);
  }
});

test("a stop ends what is under way", async () => {
  const checks = new AnswerChecks();
  const stopping = new AbortController();
  const large: Challenge = { ...challenge, size: 512, factors: 16, lanes: 4 };
  const asked = checks.check(
    { challenge: large, product: new Uint8Array(512 * 512 * 3), key },
    { signal: stopping.signal },
  );
  stopping.abort();
  await expect(asked).rejects.toThrow("stops");
  await expect(checks.check({ challenge, product, key }, { signal: stopping.signal })).rejects.toThrow();
});
