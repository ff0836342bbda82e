// Fines: with them cheating loses money, whoever does it.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { auditPpmMin, checkedFineOf, fineOf, trustTerms } from "../../src/index.ts";

const terms = fc.record({
  replicas: fc.integer({ min: 1, max: 8 }),
  auditPpm: fc.integer({ min: auditPpmMin, max: 1_000_000 }),
  valueTimes: fc.integer({ min: 0, max: 1_000 }),
});

describe("the fine", () => {
  it("makes the expected loss of a lie larger than all that it saves and gains, with nine of ten auditors honest", () => {
    fc.assert(
      fc.property(terms, fc.bigInt({ min: 1n, max: 10n ** 12n }), ({ replicas, auditPpm, valueTimes }, price) => {
        const fine = fineOf({ replicas, auditPpm, valueTimes }, price);
        const expectedLoss = fine * BigInt(auditPpm) * 9n;
        const gain = (price + (price * BigInt(valueTimes)) / BigInt(replicas)) * 10_000_000n;
        expect(expectedLoss).toBeGreaterThan(gain);
      }),
    );
  });

  it("is smaller the more is audited, and smallest where everything is checked", () => {
    fc.assert(
      fc.property(terms, fc.bigInt({ min: 1n, max: 10n ** 12n }), (one, price) => {
        expect(checkedFineOf(one, price)).toBeLessThanOrEqual(fineOf(one, price));
      }),
    );
  });

  it("is 56 prices at spot's rate", () => {
    expect(fineOf(trustTerms("spot"), 10_000n)).toBe(555_556n);
  });
});
