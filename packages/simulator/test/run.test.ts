// A run follows from its seed alone, and a hundred workers are no trouble.
import { describe, expect, test } from "vitest";
import { run } from "../src/index.ts";

const shape = { workers: 8, jobs: 3, tasksMax: 16, plantedBugs: new Set<never>() };

describe("a run", () => {
  test("is the same each time for the same seed", () => {
    const first = run({ ...shape, seed: 7 });
    const second = run({ ...shape, seed: 7 });
    expect(second).toEqual(first);
    expect(first.broken).toEqual([]);
    expect(first.reached["taskAccepted by agreement"]).toBeGreaterThan(0);
  });

  test("is another one for another seed", () => {
    expect(run({ ...shape, seed: 8 }).events).not.toBe(run({ ...shape, seed: 9 }).events);
  });

  // The long run plays a hundred, which takes ten seconds.
  const workers = process.env.STARLING_TEST_FULL === "1" ? 100 : 40;
  test(`scales to ${workers} workers`, () => {
    const report = run({ seed: 3, workers, jobs: 4, tasksMax: 200, plantedBugs: new Set() });
    expect(report.broken).toEqual([]);
    expect(report.reached["taskAccepted by agreement"]).toBeGreaterThan(6);
  });
});
