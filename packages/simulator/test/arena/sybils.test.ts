// One stake over many names: neither more work nor more profit, and names with nothing behind them gain nothing at all.
import { describe, expect, test, vi } from "vitest";
import { strangers } from "../../src/arena/attackers/strangers.ts";
import { sybils } from "../../src/arena/attackers/sybils.ts";
import { match } from "../../src/arena/program.ts";
import { playRow, type Row } from "../../src/arena/row.ts";
import { fixedTwo } from "../../src/arena/schemes/fixed-two.ts";
import { quorum } from "../../src/arena/schemes/quorum.ts";
import { spot } from "../../src/arena/schemes/spot.ts";

// Tens of thousands of tasks beside other tests.
vi.setConfig({ testTimeout: 240_000 });

const size = { tasks: 20_000, seed: 5, percent: 2.5 };
const SIGMAS = 3;

/** How far chance moves the part of one owner, as a part of itself: of two rows, each a count of his leases. */
function slack({ tally }: Row): number {
  return SIGMAS * Math.sqrt(2 / tally.attackerLeases);
}

describe.each([spot, quorum])("under $name one stake", (scheme) => {
  const one = playRow(match(scheme, sybils(1), size));

  test("gets its part of the work under one name", () => {
    expect(one.tally.attackerLeases).toBeGreaterThan(300);
    expect(Math.abs(one.share - 1 / one.operators)).toBeLessThan(slack(one) / one.operators);
  });

  test.each([10, 100, 1_000])(
    "gets no more of it, gains nothing by lies, and no more of them than its level allows, under %i names",
    (names) => {
      const many = playRow(match(scheme, sybils(names), size));
      expect(many.share / one.share).toBeLessThan(1 + slack(one));
      const { tally, profitInAll, operators } = many;
      expect(tally.honestUnpaid + tally.honestFines).toBe(0);
      expect(profitInAll / one.profitInAll).toBeLessThan(1 + slack(one));
      // Names of one owner meet on a task as colluders do, and are looked at by somebody else where none of them stands for a whole fine.
      const formula = scheme === spot ? 0 : operators ** -2;
      expect(tally.wrongAccepted / tally.tasks).toBeLessThanOrEqual(
        formula + SIGMAS * Math.sqrt(formula / tally.tasks),
      );
    },
  );

  test("that is not there earns nothing with lies, under one name or a thousand", () => {
    const few = playRow(match(scheme, strangers(1), size));
    const many = playRow(match(scheme, strangers(1_000), size));
    for (const { tally, profitInAll, share, operators } of [few, many]) {
      expect(tally.lies).toBeGreaterThan(10);
      expect(tally.wrongAccepted).toBe(0);
      expect(profitInAll).toBeLessThanOrEqual(0);
      // A tenth of what an honest operator gets.
      expect(share * operators).toBeLessThan(0.2);
    }
  });
});

test("where names are counted a thousand of them get nearly all the work", () => {
  expect(playRow(match(fixedTwo, sybils(1_000), size)).share).toBeGreaterThan(0.9);
});
