// An audit looks like any other lease: no single thing that a lone worker sees tells the two apart better than chance.
import { describe, expect, test, vi } from "vitest";
import { auc } from "./auc.ts";
import { leasesSeen } from "./visible.ts";

// Thousands of tasks through the real cores.
vi.setConfig({ testTimeout: 240_000 });

const SEEDS = [1, 2];
const TASKS = 3_000;
/** Until then pledges to the job's escrow are still on their way to the chain, and every result is checked. */
const SETTLED_IN_MS = 15_000;
const SIGMAS = 3;

describe("among leases of a job at spot", () => {
  const leases = SEEDS.flatMap((seed) => {
    const seen = leasesSeen(seed, TASKS);
    expect(seen.broken).toEqual([]);
    return seen.leases;
  }).filter(({ features }) => (features["time since its first lease of the job"] ?? 0) > SETTLED_IN_MS);
  const audits = leases.filter(({ isAudit }) => isAudit);
  const work = leases.filter(({ isAudit }) => !isAudit);

  test("there are as many audits as the lottery draws", () => {
    const expected = 0.04 * work.length;
    expect(Math.abs(audits.length - expected)).toBeLessThan(SIGMAS * Math.sqrt(expected));
    expect(audits.length).toBeGreaterThan(100);
  });

  test.each(Object.keys(leases[0]?.features ?? {}))("%s tells nothing of audits", (name) => {
    const valuesOf = (some: typeof leases): number[] => some.map(({ features }) => features[name] ?? 0);
    const found = auc(valuesOf(audits), valuesOf(work));
    expect(Math.abs(found.auc - 0.5)).toBeLessThan(SIGMAS * found.sigma);
  });
});

describe("the measure itself", () => {
  test("finds what stands out", () => {
    const found = auc([3, 4, 5, 6, 7, 8], [1, 2, 3, 4, 5, 6]);
    expect(found.auc).toBeCloseTo(28 / 36, 10);
    expect(auc([2, 2], [1, 1]).auc).toBe(1);
    expect(auc([1, 1], [1, 1]).auc).toBe(0.5);
  });
});
