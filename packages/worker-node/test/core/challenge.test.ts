// A worker's part in a challenge: one at a time and seldom, for coordinators that it is linked to.
import { expect, test } from "vitest";
import { coordinator, Driven, hash, otherCoordinator } from "./support.ts";

const challenge = { seed: hash("seed"), size: 4, factors: 1, lanes: 1 };
const asked = { type: "challengeReceived", coordinator, challenge, answerMs: 2_000 } as const;

test("a challenge is computed and its answer sent; the next one has to wait", () => {
  const driven = new Driven();
  driven.connect();
  expect(driven.effectsOf(asked)).toEqual([{ type: "answerChallenge", coordinator, challenge, answerMs: 2_000 }]);
  expect(driven.input(asked)).toMatchObject({ code: "challengedRecently" });
  const product = new Uint8Array(3);
  const computed = { type: "challengeComputed", coordinator, seed: challenge.seed, product } as const;
  expect(driven.effectsOf(computed)).toEqual([
    { type: "sendChallengeAnswer", coordinator, seed: challenge.seed, product },
  ]);
  driven.now += 30_000;
  expect(driven.effectsOf(asked)).toHaveLength(1);
});

test("the longer one may take, the longer the rest; and a machine with tasks is left to them", () => {
  const driven = new Driven();
  driven.connect();
  const long = { ...asked, answerMs: 300_000 };
  expect(driven.effectsOf(long)).toHaveLength(1);
  driven.now += 6 * 300_000;
  expect(driven.input(long)).toMatchObject({ code: "challengedRecently" });
  driven.now += 300_000;
  expect(driven.effectsOf(long)).toHaveLength(1);
});

test("strangers and drained workers are not challenged", () => {
  const driven = new Driven();
  driven.connect();
  expect(driven.input({ ...asked, coordinator: otherCoordinator })).toMatchObject({ code: "staleSession" });
  driven.input({ type: "drainRequested" });
  expect(driven.input(asked)).toMatchObject({ code: "draining" });
});
