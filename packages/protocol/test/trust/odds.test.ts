// The closed forms: against the reference's table, against each other, and monotone where they have to be.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  breakEvenValue,
  captureOdds,
  cheatersGain,
  escapeOdds,
  fineOf,
  fractionNumber,
  operatorsWanted,
  paidReplicasPpm,
  ppm,
  strangersGain,
  trustTerms,
  wrongBeforeCaught,
} from "../../src/index.ts";

const share = fc.integer({ min: 1, max: 500_000 });
const replicas = fc.integer({ min: 1, max: 8 });
const rate = fc.integer({ min: 5_000, max: ppm });
const price = fc.bigInt({ min: 1_000n, max: 10n ** 12n });

const percent = (of: number): number => of * 10_000;
const odds = (count: number, colluding: number, auditPpm = 0): number =>
  fractionNumber(escapeOdds({ replicas: count, auditPpm }, colluding));

describe("the chance that a wrong result stays", () => {
  // Reference, table of static replication: unanimous with a referee.
  test.each([
    [1, 2, 1e-4],
    [1, 3, 1e-6],
    [5, 2, 2.5e-3],
    [5, 3, 1.25e-4],
    [10, 2, 1e-2],
    [10, 3, 1e-3],
    [10, 6, 1e-6],
    [20, 2, 4e-2],
    [20, 6, 6.4e-5],
  ])("at %d %% with %d replicas is p^R without a lottery", (p, count, expected) => {
    expect(odds(count, percent(p))).toBeCloseTo(expected, 12);
  });

  test("spot at 10 % and 5 % audits is the reference's 9.5e-2, but for auditors that are accomplices", () => {
    expect(odds(1, percent(10), 50_000)).toBe(0.0955);
    expect(odds(1, percent(10), trustTerms("spot").auditPpm)).toBe(0.0964);
  });

  test("falls with every replica and with the audit rate, rises with the coalition", () => {
    fc.assert(
      fc.property(replicas, share, rate, (count, p, s) => {
        const here = odds(count, p, s);
        expect(here).toBeGreaterThan(0);
        expect(odds(count + 1, p, s)).toBeLessThan(here);
        expect(odds(count, p, s - 1)).toBeGreaterThan(here);
        expect(odds(count, p + 1, s)).toBeGreaterThan(here);
        expect(here).toBeLessThanOrEqual(odds(count, p) * (1 + 1e-12));
      }),
    );
  });

  test("drawing without replacement only helps: accomplices are used up", () => {
    fc.assert(
      fc.property(replicas, fc.integer({ min: 8, max: 200 }), fc.nat({ max: 100 }), (count, operators, percentBad) => {
        const colluding = Math.floor((operators * percentBad) / 100);
        const without = captureOdds(count, { operators, colluding });
        const limit = BigInt(colluding) ** BigInt(count) * without.denominator;
        expect(without.numerator * BigInt(operators) ** BigInt(count)).toBeLessThanOrEqual(limit);
      }),
    );
    expect(fractionNumber(captureOdds(2, { operators: 10, colluding: 1 }))).toBe(0);
    expect(fractionNumber(captureOdds(2, { operators: 10, colluding: 2 }))).toBeCloseTo(2 / 90, 15);
  });
});

test("fractions keep their digits where floats of integers would not", () => {
  expect(fractionNumber(escapeOdds({ replicas: 8, auditPpm: 0 }, percent(5)))).toBe(3.90625e-11);
  expect(fractionNumber({ numerator: 0n, denominator: 1n })).toBe(0);
  expect(fractionNumber({ numerator: 10n ** 40n, denominator: 1n })).toBe(1e40);
});

test("wrong results before the first catch are the reference's 55, 21 and 4.6 at 10 %", () => {
  const mean = (s: number): number => fractionNumber(wrongBeforeCaught(percent(s), percent(10)));
  expect([mean(2), mean(5), mean(20)].map((value) => Math.round(value * 10) / 10)).toEqual([54.6, 21.2, 4.6]);
});

test("paid replicas: the levels' overheads, more with every task that is always audited, never above one audit a task", () => {
  const times = (level: "spot" | "quorum" | "strong", alwaysAudited: number): number =>
    Number(paidReplicasPpm(trustTerms(level), { tasks: 1_000, alwaysAudited })) / ppm / 1_000;
  expect([times("spot", 0), times("quorum", 0), times("strong", 0)]).toEqual([1.04, 2.01, 3.01]);
  expect(times("spot", 20)).toBeCloseTo(1.0592, 10);
  expect(times("quorum", 5_000)).toBe(3);
});

describe("what a cheater who wants money gets", () => {
  test("a loss at the fine that leases name, whatever a wrong result is worth, up to 10 % accomplices", () => {
    fc.assert(
      fc.property(
        fc.record({ replicas, auditPpm: rate, valueTimes: fc.nat({ max: 1_000 }) }),
        price,
        fc.integer({ min: 0, max: 100_000 }),
        (terms, asked, colluding) => {
          const bet = { price: asked, fine: fineOf(terms, asked), auditPpm: terms.auditPpm, colluding };
          // kappa = 2: he expects to lose at least what he could have saved.
          expect(cheatersGain(terms, bet)).toBeLessThanOrEqual(-asked);
        },
      ),
    );
  });

  test("without a fine he keeps the price; the gain grows with the value and falls with fine and audits", () => {
    const bet = { price: 1_000n, fine: 0n, auditPpm: 40_000, colluding: percent(10) };
    expect(cheatersGain({ replicas: 1, valueTimes: 0 }, bet)).toBe(1_000n);
    expect(breakEvenValue({ replicas: 1 }, bet)).toBeNull();
    fc.assert(
      fc.property(fc.tuple(replicas, fc.nat({ max: 100 }), rate, price), ([count, valueTimes, s, asked]) => {
        const fine = asked * 50n;
        const gain = (change: { value?: number; fine?: bigint; auditPpm?: number }): bigint =>
          cheatersGain(
            { replicas: count, valueTimes: change.value ?? valueTimes },
            { price: asked, fine: change.fine ?? fine, auditPpm: change.auditPpm ?? s, colluding: percent(10) },
          );
        expect(gain({ value: valueTimes + 1 })).toBeGreaterThanOrEqual(gain({}));
        expect(gain({ fine: fine + asked })).toBeLessThan(gain({}));
        expect(gain({ auditPpm: s - 1 })).toBeGreaterThanOrEqual(gain({}));
      }),
    );
  });

  test("of whoever has nothing at stake is what an accomplice confirms, and no more", () => {
    const bet = { price: 1_000n, colluding: percent(10) };
    expect(strangersGain({ replicas: 1, valueTimes: 0 }, bet)).toBe(100n);
    expect(strangersGain({ replicas: 2, valueTimes: 10 }, bet)).toBe(600n);
    expect(strangersGain({ replicas: 3, valueTimes: 1 }, { ...bet, price: 1n })).toBe(1n);
    fc.assert(
      fc.property(fc.tuple(replicas, fc.nat({ max: 100 }), price), ([count, valueTimes, asked]) => {
        const terms = { replicas: count, valueTimes };
        const sure = { price: asked, fine: 0n, auditPpm: 1_000_000, colluding: percent(10) };
        // Pay that is withheld until the check leaves him less than pay that is kept.
        expect(strangersGain(terms, sure)).toBeLessThanOrEqual(cheatersGain(terms, sure) + 1n);
      }),
    );
  });

  test("the break-even value is where the coalition's gain changes its sign", () => {
    fc.assert(
      fc.property(fc.tuple(replicas, rate, price, fc.integer({ min: 1, max: 200 })), ([count, s, asked, times]) => {
        const bet = { price: asked, fine: asked * BigInt(times), auditPpm: s, colluding: percent(10) };
        const value = breakEvenValue({ replicas: count }, bet);
        const gainAt = (valueTimes: bigint): bigint =>
          cheatersGain({ replicas: count, valueTimes: Number(valueTimes) }, bet);
        if (value === null) {
          // A gain below one base unit is rounded away.
          expect(gainAt(0n)).toBeGreaterThanOrEqual(0n);
          expect(gainAt(1n)).toBeGreaterThan(0n);
          return;
        }
        // Rounded to whole prices, one below it is no gain, and one above is.
        expect(gainAt(value / asked)).toBeLessThanOrEqual(0n);
        expect(gainAt(value / asked + 2n)).toBeGreaterThan(0n);
      }),
    );
  });
});

test("a class is thin below the reference's figures", () => {
  expect(operatorsWanted(trustTerms("spot"))).toEqual({ least: 2, recommended: 2 });
  expect(operatorsWanted(trustTerms("quorum"))).toEqual({ least: 3, recommended: 20 });
  expect(operatorsWanted(trustTerms("strong"))).toEqual({ least: 4, recommended: 50 });
  expect(operatorsWanted({ replicas: 6, auditPpm: 10_000 })).toEqual({ least: 7, recommended: 50 });
});
