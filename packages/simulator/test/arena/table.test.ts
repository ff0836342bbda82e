// The table says what was counted, and its command's program plays every attack.
import { describe, expect, test, vi } from "vitest";
import type { Scheme } from "../../src/arena/arena.ts";
import { wilson } from "../../src/arena/interval.ts";
import { program } from "../../src/arena/program.ts";
import { playRow, type Row } from "../../src/arena/row.ts";
import { schemes } from "../../src/arena/schemes/all.ts";
import { quorum } from "../../src/arena/schemes/quorum.ts";
import { spot } from "../../src/arena/schemes/spot.ts";
import { strong } from "../../src/arena/schemes/strong.ts";
import { tableOf } from "../../src/arena/table.ts";

// Millions of hashes beside other tests.
vi.setConfig({ testTimeout: 240_000 });

/** Price less what the work costs. */
const HONEST_PROFIT = 0.2;
// Seed and size are fixed: these are measurements that have to come out the same each time.
const size = { tasks: 10_000, seed: 7 };

function rowsOf(scheme: Scheme): Row[] {
  const matches = [...program(size)].filter((one) => one.scheme === scheme && [0, 10].includes(one.percent));
  return matches.map(playRow);
}

test.each(schemes)("every attack on $name is carried out, and has its line", (scheme) => {
  const rows = rowsOf(scheme);
  expect(rows.filter(({ isCarriedOut }) => !isCarriedOut).map(({ attacker }) => attacker.name)).toEqual([]);
  expect(rows.length).toBeGreaterThan(10);
  expect(tableOf(rows).split("\n")).toHaveLength(rows.length + 2);
  if (![spot, quorum, strong].includes(scheme)) return;
  // Of the network's own levels more is promised: nobody honest is harmed, and whoever is caught has lost by it.
  for (const { attacker, tally, profit } of rows) {
    expect([tally.honestFines, tally.honestUnpaid, tally.honestInvalidated, tally.unresolved]).toEqual([0, 0, 0, 0]);
    if (tally.caught > 0) expect(profit, attacker.name).toBeLessThan(HONEST_PROFIT);
  }
});

describe("Wilson's interval", () => {
  test("of nothing seen reaches up to about four in as many trials", () => {
    const { low, high } = wilson(0, 1_000_000);
    expect(low).toBe(0);
    expect(high).toBeCloseTo(3.84e-6, 8);
  });

  test("of half lies around half", () => {
    const { low, high } = wilson(50, 100);
    expect(low).toBeCloseTo(0.4038, 4);
    expect(high).toBeCloseTo(0.5962, 4);
  });
});
