// Buckets of measurements: wide, and steady for a machine that stands on an edge.
import { formatMeasurements, measurementsAfter, measures } from "@starling/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bucketAfter, bucketOf, isBucket } from "../src/measurements.ts";

const figure = fc.nat({ max: 2 ** 30 });

describe("a bucket", () => {
  test("holds its figure, and begins at a power of two", () => {
    fc.assert(
      fc.property(figure, (value) => {
        const bucket = bucketOf(value);
        expect(isBucket(bucket)).toBe(true);
        if (value > 0) expect(bucket <= value && value < 2 * bucket).toBe(true);
      }),
    );
  });

  test("stays while figures go astray by less than a third", () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 2 ** 28 }), fc.integer({ min: 77, max: 129 }), (value, percent) => {
        const bucket = bucketOf(value);
        expect(bucketAfter(bucket, Math.ceil((value * percent) / 100))).toBe(bucket);
      }),
    );
  });

  test("follows a machine that has become another one", () => {
    fc.assert(
      fc.property(figure, figure, (before, after) => {
        fc.pre(after >= 3 * before || 3 * after <= bucketOf(before));
        fc.pre(after > 0 && before > 0);
        expect(bucketAfter(bucketOf(before), after)).toBe(bucketOf(after));
      }),
    );
  });

  test.each([0, 3, -4, 1.5, 2 ** 31, Number.NaN])("does not begin at %s", (value) => {
    expect(isBucket(value)).toBe(false);
  });
});

describe("measurements", () => {
  test("keep what was not measured again", () => {
    expect(measurementsAfter({ cpu: 256, disk: 64 }, { cpu: 1_000, matrix: 700 })).toEqual({
      cpu: 512,
      disk: 64,
      matrix: 512,
    });
  });

  test("are told with their units, in one order", () => {
    expect(formatMeasurements({ matrix: 512, cpu: 256 })).toEqual([
      "cpu 256-512 M steps/s",
      "matrix 512-1024 M mul-adds/s",
    ]);
    expect(formatMeasurements({})).toEqual([]);
    expect(measures).toContain("matrix");
  });
});
