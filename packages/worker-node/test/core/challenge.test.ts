// A worker's part in a challenge: one at a time and seldom, for coordinators that it is linked to.
import { describe, expect, test } from "vitest";
import { coordinator, Driven, hash, lease, otherCoordinator } from "./support.ts";

const challenge = { seed: hash("seed"), size: 4, factors: 1, lanes: 1 };
const asked = { type: "challengeReceived", coordinator, challenge, answerMs: 2_000 } as const;

const declined = { type: "sendChallengeAnswer", coordinator, seed: challenge.seed, product: null } as const;

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

test("what is not in time says nothing, and makes room for the next", () => {
  const driven = new Driven();
  driven.connect();
  driven.input(asked);
  expect(driven.effectsOf({ type: "challengeComputed", coordinator, seed: challenge.seed, product: null })).toEqual([]);
  driven.now += 30_000;
  expect(driven.effectsOf(asked)).toMatchObject([{ type: "answerChallenge" }]);
});

test("the longer one may take, the longer the rest", () => {
  const driven = new Driven();
  driven.connect();
  const long = { ...asked, answerMs: 300_000 };
  expect(driven.effectsOf(long)).toHaveLength(1);
  driven.input({ type: "challengeComputed", coordinator, seed: challenge.seed, product: null });
  driven.now += 6 * 300_000;
  expect(driven.input(long)).toMatchObject({ code: "challengedRecently" });
  driven.now += 300_000;
  expect(driven.effectsOf(long)).toMatchObject([{ type: "answerChallenge" }]);
});

describe("a challenge is ended and declined", () => {
  const under = (): Driven => {
    const driven = new Driven();
    driven.connect();
    driven.allot(1_000n);
    driven.input(asked);
    return driven;
  };

  test("when a task comes, before that is started", () => {
    const driven = under();
    const effects = driven.lease([lease("a")]);
    expect(effects).toContainEqual(declined);
    const types = effects.map(({ type }) => type);
    expect(types.indexOf("endSpareWork")).toBeGreaterThanOrEqual(0);
    expect(types.indexOf("endSpareWork")).toBeLessThan(types.indexOf("runLease"));
    const product = new Uint8Array(3);
    const computed = { type: "challengeComputed", coordinator, seed: challenge.seed, product } as const;
    expect(driven.effectsOf(computed)).toEqual([]);
  });

  test.each([
    { type: "ownerAsked", wish: { kind: "pause" } },
    { type: "ownerAsked", wish: { kind: "reclaim", noticeMs: 60_000 } },
    { type: "drainRequested" },
  ] as const)("when the owner wants his machine: %o", (input) => {
    const driven = under();
    const effects = driven.effectsOf(input);
    expect(effects).toContainEqual({ type: "endSpareWork" });
    expect(effects).toContainEqual(declined);
  });

  test("when tasks are here already, or the owner has stopped the work", () => {
    const busy = new Driven();
    busy.connect();
    busy.allot(1_000n);
    busy.lease([lease("a")]);
    expect(busy.effectsOf(asked)).toEqual([declined]);
    expect(busy.input(asked)).toMatchObject({ code: "busy" });
    const drained = new Driven();
    drained.connect();
    drained.input({ type: "drainRequested" });
    expect(drained.effectsOf(asked)).toEqual([declined]);
    expect(drained.input(asked)).toMatchObject({ code: "draining" });
  });

  test("in silence when nobody waits for it any more", () => {
    const driven = under();
    const gone = { type: "coordinatorGone", coordinator, session: "s1", reason: "reset" } as const;
    expect(driven.effectsOf(gone)).toEqual([{ type: "endSpareWork" }]);
  });
});

test("strangers are not answered", () => {
  const driven = new Driven();
  driven.connect();
  expect(driven.input({ ...asked, coordinator: otherCoordinator })).toMatchObject({ code: "staleSession" });
  expect(driven.effectsOf({ ...asked, coordinator: otherCoordinator })).toEqual([]);
});
