// What an operator did steers placement, fades, and is money: never more than a bad record's price, and never an advantage of the first.
import { day } from "@starling/kernel";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { defaultPolicy, jobView } from "../../src/core/index.ts";
import type { Reputation, Tally } from "../../src/core/ledger/operator.ts";
import { fade, newcomerPpm, quantilePpm, reputationOf, surchargePpm } from "../../src/core/scheduling/reputation.ts";
import { address, payer, startMs, submission } from "./world/fixtures.ts";
import { World } from "./world/world.ts";

const halfLife = defaultPolicy.reputationHalfLifeMs;
const none: Tally = { good: 0, bad: 0 };
const of = (change: Partial<Reputation>): Reputation => ({
  at: 0,
  correct: none,
  onTime: none,
  available: none,
  ...change,
});
const tally = fc.record({ good: fc.nat({ max: 10 ** 9 }), bad: fc.nat({ max: 10 ** 9 }) });

describe("fading", () => {
  test("halves in a half-life, whatever the steps are", () => {
    fc.assert(
      fc.property(tally, fc.array(fc.nat({ max: 10 * day }), { minLength: 1, maxLength: 20 }), (correct, pauses) => {
        const total = pauses.reduce((sum, pause) => sum + pause, 0);
        let stepwise = of({ correct });
        let at = 0;
        for (const pause of pauses) {
          at += pause;
          stepwise = fade(stepwise, at, halfLife);
        }
        const once = fade(of({ correct }), total, halfLife);
        expect(stepwise.at).toBe(once.at);
        // Each step may round a thousandth down, and the table is exact to a 130,000th.
        const slack = pauses.length * (2 + correct.good / 60_000);
        expect(Math.abs(stepwise.correct.good - once.correct.good)).toBeLessThanOrEqual(slack);
        expect(once.correct.good).toBeLessThanOrEqual(correct.good);
      }),
    );
    expect(fade(of({ correct: { good: 8_000, bad: 4_000 } }), halfLife, halfLife).correct).toEqual({
      good: 4_000,
      bad: 2_000,
    });
    expect(fade(of({ correct: { good: 8_000, bad: 4_000 } }), 3 * halfLife, halfLife).correct.good).toBe(1_000);
    expect(fade(of({ correct: { good: 10 ** 9, bad: 0 } }), 100 * halfLife, halfLife).correct.good).toBe(0);
  });
});

describe("the pessimistic quantile", () => {
  test("rises with every good outcome, falls with every bad one, stays a probability", () => {
    fc.assert(
      fc.property(tally, ({ good, bad }) => {
        const here = quantilePpm({ good, bad });
        expect(here).toBeGreaterThanOrEqual(0);
        expect(here).toBeLessThan(1_000_000);
        // Integers round: two millionths are no difference.
        expect(quantilePpm({ good: good + 1_000, bad })).toBeGreaterThanOrEqual(here - 2);
        expect(quantilePpm({ good, bad: bad + 1_000 })).toBeLessThanOrEqual(here + 2);
      }),
    );
  });

  test("is near that of the Beta distribution", () => {
    // Exact 10 % quantiles of Beta(9,1), Beta(109,1), Beta(19,11): 0.7743, 0.9791, 0.5184.
    expect(newcomerPpm).toBeGreaterThan(750_000);
    expect(newcomerPpm).toBeLessThan(800_000);
    expect(Math.abs(quantilePpm({ good: 100_000, bad: 0 }) - 979_100)).toBeLessThan(5_000);
    expect(Math.abs(quantilePpm({ good: 10_000, bad: 10_000 }) - 518_400)).toBeLessThan(8_000);
  });
});

test("only what is worse than a newcomer's record costs anything", () => {
  expect(surchargePpm(undefined)).toBe(0);
  expect(surchargePpm(of({}))).toBe(0);
  expect(surchargePpm(of({ correct: { good: 10 ** 6, bad: 0 } }))).toBe(0);
  const wrong = surchargePpm(of({ correct: { good: 0, bad: 5_000 } }));
  const late = surchargePpm(of({ onTime: { good: 0, bad: 5_000 } }));
  expect(wrong).toBeGreaterThan(250_000);
  expect(late).toBe(Math.floor(wrong / 2));
});

describe("in a coordinator", () => {
  const recordOf = (world: World, name: string): Reputation | undefined =>
    reputationOf(world.state, address(`operator-${name}`), { runtimeClass: "wasm", at: world.now });

  test("confirmed answers, wrong ones and lost leases are told apart", () => {
    const world = new World();
    world.join("liar", "liar");
    for (const name of ["a", "b"]) world.join(name);
    world.join("referee", "honest", { operator: payer });
    world.submit(submission({ tasks: 6 }));
    world.settle(60);
    expect(recordOf(world, "a")?.correct.good).toBeGreaterThanOrEqual(1_000);
    expect(recordOf(world, "a")?.correct.bad).toBe(0);
    expect(recordOf(world, "liar")?.correct.good).toBe(0);
    expect(recordOf(world, "liar")?.correct.bad).toBeGreaterThanOrEqual(1_000);
    expect(recordOf(world, "liar")?.onTime.good).toBeGreaterThan(0);
    expect(recordOf(world, "nobody")).toBeUndefined();
  });

  test("who leaves with leases was not available, who lets them run out was late", () => {
    const world = new World();
    world.join("silent", "silent");
    const leaver = world.join("leaver", "silent");
    for (const name of ["a", "b", "c"]) world.join(name);
    const job = submission({ tasks: 4 });
    world.submit(job);
    for (let i = 0; i < 3; i += 1) world.block();
    leaver.connected = false;
    world.feed({ type: "workerGone", worker: leaver.address, session: leaver.session, reason: "test" });
    world.settle(80);
    expect(jobView(world.state, job.jobId)?.state).toBe("completed");
    expect(recordOf(world, "leaver")?.available.bad).toBeGreaterThanOrEqual(1_000);
    expect(recordOf(world, "silent")?.onTime.bad).toBeGreaterThanOrEqual(1_000);
  });

  test("a bad record loses against the same price, and is forgotten in time", () => {
    const world = new World();
    for (const name of ["bad", "a", "b", "c"]) world.join(name, "honest", { slots: 64 });
    const bad: Reputation = of({ at: startMs, correct: { good: 0, bad: 3_000 } });
    world.state.ledger.operators.set(address("operator-bad"), {
      operator: address("operator-bad"),
      checksPassed: new Map(),
      reputation: new Map([["wasm", bad]]),
      caught: 1,
      caughtAt: startMs,
    });
    // The first job brings the allotments: before them whoever is allotted first gets everything.
    world.submit(submission({ tasks: 8, deadlineAt: startMs + 7_200_000 }));
    world.settle(20);
    world.submit(submission({ tasks: 8, key: "warm", budget: 3_000n }));
    world.settle(20);
    const warm = world.factsOf("leaseOffered").slice(16);
    expect(warm.length).toBeGreaterThanOrEqual(16);
    expect(warm.filter(({ operator }) => operator === address("operator-bad"))).toEqual([]);
    expect(surchargePpm(fade(bad, startMs + 20 * halfLife, halfLife))).toBe(0);
  });
});
