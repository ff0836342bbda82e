// Each planted bug is found within a bounded number of seeds, and the seed that finds it passes without the bug.
import { type PlantedBug, plantedBugs } from "@starling/coordinator/core";
import { describe, expect, test, vi } from "vitest";
import { allCheckers, outsideCheckers } from "../src/checkers/all.ts";
import type { Checker } from "../src/checkers/checker.ts";
import { run } from "../src/run.ts";

// Some bugs show in one seed of many.
vi.setConfig({ testTimeout: 240_000 });

const SEEDS_MAX = 80;
const shape = { workers: 8, jobs: 3, tasksMax: 16 };

/** The first seed in which the checkers find something. */
function seedThatFinds(bug: PlantedBug, checkers: () => readonly Checker[]): number | null {
  for (let seed = 1; seed <= SEEDS_MAX; seed += 1) {
    const { broken } = run({ ...shape, seed, plantedBugs: new Set([bug]), checkers: checkers() });
    if (broken.length > 0) return seed;
  }
  return null;
}

describe.each(plantedBugs)("%s", (bug) => {
  test("is found, and its seed passes without it", () => {
    const seed = seedThatFinds(bug, allCheckers);
    expect(seed).not.toBeNull();
    expect(run({ ...shape, seed: seed ?? 0, plantedBugs: new Set() }).broken).toEqual([]);
  });
});

// These two only upset the core's own bookkeeping, which its invariants watch; from outside they mend themselves nearly always.
const inward: readonly PlantedBug[] = ["leakSlot", "forgetRevokeOnLost"];

describe.each(plantedBugs.filter((bug) => !inward.includes(bug)))("%s", (bug) => {
  test("is found from outside, without the core's own invariants", () => {
    expect(seedThatFinds(bug, outsideCheckers)).not.toBeNull();
  });
});
