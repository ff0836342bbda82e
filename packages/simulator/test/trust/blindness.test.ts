// An audit looks like any other lease: what a lone worker sees does not tell the two apart better than chance, one sign at a time or all together.
import { describe, expect, test, vi } from "vitest";
import { auc } from "./auc.ts";
import { forestOf } from "./forest.ts";
import { leasesSeen, type SeenLease } from "./visible.ts";

// Thousands of tasks through the real cores.
vi.setConfig({ testTimeout: 240_000 });

const SEEDS = [1, 2];
const TASKS = 3_000;
/** Until then pledges to the job's escrow are still on their way to the chain, and every result is checked. */
const SETTLED_IN_MS = 15_000;
const SIGMAS = 3;

interface Placed extends SeenLease {
  /** When the last lease was made that is not an audit. */
  readonly workEndsMs: number;
}

const everything = SEEDS.flatMap((seed): Placed[] => {
  const { leases, broken } = leasesSeen(seed, TASKS);
  expect(broken).toEqual([]);
  const workEndsMs = Math.max(...leases.map(({ isAudit, sinceStartMs }) => (isAudit ? 0 : sinceStartMs)));
  return leases.map((lease) => ({ ...lease, workEndsMs }));
});
const beginning = everything.filter(({ sinceStartMs }) => sinceStartMs <= SETTLED_IN_MS);
/** To the very end of the job: no worker is told when the last lease that is no audit was made. */
const settled = everything.filter(({ sinceStartMs }) => sinceStartMs > SETTLED_IN_MS);
const tail = everything.filter(({ sinceStartMs, workEndsMs }) => sinceStartMs > workEndsMs);

function audits<Lease extends SeenLease>(leases: readonly Lease[]): readonly Lease[] {
  return leases.filter(({ isAudit }) => isAudit);
}

function work<Lease extends SeenLease>(leases: readonly Lease[]): readonly Lease[] {
  return leases.filter(({ isAudit }) => !isAudit);
}

/** Trains on one half of the leases and judges the other. */
function jointly(leases: readonly SeenLease[], half: number): ReturnType<typeof auc> {
  const examples = leases.map(({ features, isAudit }) => ({ signs: Object.values(features), isPositive: isAudit }));
  const judge = forestOf(examples.filter((_, i) => i % 2 === half));
  const judged = (isPositive: boolean): number[] =>
    examples.filter((one, i) => i % 2 !== half && one.isPositive === isPositive).map(({ signs }) => judge(signs));
  return auc(judged(true), judged(false));
}

describe("among leases of a job at spot", () => {
  test("there are as many audits as the lottery draws", () => {
    const expected = 0.04 * work(settled).length;
    expect(Math.abs(audits(settled).length - expected)).toBeLessThan(SIGMAS * Math.sqrt(expected));
    expect(audits(settled).length).toBeGreaterThan(100);
  });

  test.each(Object.keys(settled[0]?.features ?? {}))("%s tells nothing of audits", (name) => {
    const valuesOf = (some: readonly SeenLease[]): number[] => some.map(({ features }) => features[name] ?? 0);
    const found = auc(valuesOf(audits(settled)), valuesOf(work(settled)));
    expect(Math.abs(found.auc - 0.5)).toBeLessThan(SIGMAS * found.sigma);
  });

  test.each([0, 1])("all signs together tell nothing of audits to who learned from the other half (%i)", (half) => {
    const found = jointly(settled, half);
    expect(Math.abs(found.auc - 0.5)).toBeLessThan(SIGMAS * found.sigma);
  });

  test("in the first seconds they do tell, since most results are checked then; which shows that the measure finds what is there", () => {
    const found = jointly(beginning, 0);
    expect(found.auc - 0.5).toBeGreaterThan(SIGMAS * found.sigma);
    expect(audits(beginning).length / beginning.length).toBeGreaterThan(0.1);
  });

  test("few of the lottery's audits come when there is no other work left to hide among", () => {
    expect(work(tail)).toEqual([]);
    expect(tail.length / audits(settled).length).toBeLessThan(0.02);
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
