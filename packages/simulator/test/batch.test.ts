// What a batch of seeds is held against: every attacker has its turn, and no more wrong results are settled than the levels allow.
import { expect, test } from "vitest";
import { seedOfTurn, seedsOfAllTurns } from "../src/cast.ts";
import { attackKinds } from "../src/fault-plan.ts";
import { run } from "../src/run.ts";
import { excessOf, sumOfWrong } from "../src/wrong-settled.ts";

const shape = { workers: 8, jobs: 3, tasksMax: 24, plantedBugs: new Set<never>() };

test.each([0, 1, 17, 1_039_415_481_239])(
  "from seed %i on each attacker has a turn within one round of turns",
  (first) => {
    const seeds = attackKinds.map((attack) => seedOfTurn(attack, first));
    expect(Math.min(...seeds)).toBeGreaterThanOrEqual(first);
    expect(Math.max(...seeds)).toBeLessThan(first + seedsOfAllTurns);
    // All but those that are no worker's doing have a turn of their own.
    expect(new Set(seeds).size).toBeGreaterThanOrEqual(seedsOfAllTurns / 2);
  },
);

test.each(["cherryPicked", "frameReplayed", "earlyReveal", "farming"] as const)(
  "%s happens in the turns of its attacker",
  (attack) => {
    let [seed, fired] = [1, 0];
    for (let turn = 0; turn < 5 && fired === 0; turn += 1) {
      seed = seedOfTurn(attack, seed);
      fired = run({ ...shape, seed }).fired[attack];
      seed += 1;
    }
    expect(fired).toBeGreaterThan(0);
  },
);

test("more wrong results than three deviations above what is allowed are too many", () => {
  const some = { settled: 100, wrong: 10, allowed: 5, variance: 4 };
  expect(excessOf(some)).toEqual([]);
  expect(excessOf({ ...some, wrong: 12 })).toHaveLength(1);
  // Of four such runs 20 + 12 may be.
  expect(sumOfWrong([some, some, some, some])).toEqual({ settled: 400, wrong: 40, allowed: 20, variance: 16 });
  expect(excessOf(sumOfWrong([some, some, some, some]))).toHaveLength(1);
});
