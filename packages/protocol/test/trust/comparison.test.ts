// Numeric comparators: what counts as equal, what is measured, and that no bytes make them fail.
import {
  beyondMeasure,
  compareBytes,
  comparison,
  type NumericComparator,
  type NumericFormat,
  type OutputComparison,
} from "@starling/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { f32, f64, json, npy, npyOf } from "./tensors.ts";

function bounds(format: NumericFormat, some: Partial<NumericComparator>): NumericComparator {
  return { kind: "numeric", format, abs: 0, rel: 0, l2: 0, ...some };
}

const writers: readonly [NumericFormat, (numbers: readonly number[]) => Uint8Array][] = [
  ["f32", f32],
  ["f64", f64],
  ["npy", (numbers) => npy("<f8", numbers)],
  ["json", (numbers) => json({ values: numbers, name: "x" })],
];

const moderate = fc.double({ noNaN: true, min: -1e6, max: 1e6 });
const anyFloat = fc.oneof(fc.float(), fc.constantFrom(Number.NaN, Infinity, -Infinity, -0, 0));

describe.each(writers)("%s", (format, write) => {
  const loose = bounds(format, { rel: 1e-3, l2: 1e-3 });

  test("is equal to itself, at distance zero", () => {
    fc.assert(
      fc.property(fc.array(moderate), (numbers) => {
        const bytes = write(numbers);
        expect(compareBytes(loose, bytes, bytes)).toEqual({
          equal: true,
          distances: { l2: 0, maxAbs: 0, maxRel: 0, at: null },
          problem: null,
        });
      }),
    );
  });

  test("is as far from another one as that is from it, but for the relative norm", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(moderate, moderate), { minLength: 1 }), (pairs) => {
        const left = write(pairs.map(([a]) => a));
        const right = write(pairs.map(([, b]) => b));
        const pairwise = bounds(format, { rel: 0.5, abs: 10 });
        const there = compareBytes(pairwise, left, right);
        const back = compareBytes(pairwise, right, left);
        expect(back.equal).toBe(there.equal);
        expect({ ...back.distances, l2: 0 }).toEqual({ ...there.distances, l2: 0 });
      }),
    );
  });

  test("takes what is within the bounds and refuses what is beyond", () => {
    const some = fc.array(fc.double({ noNaN: true, min: 1, max: 1e6 }), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(some, fc.nat(), fc.constantFrom(1, -1), (numbers, place, sign) => {
        const at = place % numbers.length;
        const moved = (by: number) => write(numbers.map((x, i) => (i === at ? x * (1 + sign * by) : x)));
        const rel = bounds(format, { rel: 1e-3 });
        expect(compareBytes(rel, write(numbers), moved(5e-4)).equal).toBe(true);
        expect(compareBytes(rel, write(numbers), moved(2e-3))).toMatchObject({ equal: false, distances: { at } });
        const abs = bounds(format, { abs: 1e-3 * (numbers[at] ?? 0) });
        expect(compareBytes(abs, write(numbers), moved(5e-4)).equal).toBe(true);
        expect(compareBytes(abs, write(numbers), moved(2e-3)).equal).toBe(false);
      }),
    );
  });

  test("of another length is different", () => {
    expect(compareBytes(loose, write([1, 2]), write([1, 2, 2])).equal).toBe(false);
    expect(compareBytes(loose, write([]), write([0]))).toMatchObject({ equal: false, distances: null });
    expect(compareBytes(loose, write([]), write([])).equal).toBe(true);
  });

  test("has one outcome however the bytes are cut", () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(fc.array(fc.tuple(moderate, moderate)), sizes, sizes, (pairs, left, right) => {
        const a = write(pairs.map(([x]) => x));
        const b = write(pairs.map(([, y]) => y));
        expect(inPieces(loose, { reference: [a, left], answer: [b, right] })).toEqual(compareBytes(loose, a, b));
      }),
    );
  });

  test("never throws on garbage, and never takes it for the reference", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 300 }), (left, right) => {
        const outcome = compareBytes(loose, left, right);
        expect(typeof outcome.equal).toBe("boolean");
        expect(compareBytes(loose, write([1, 2, 3]), left).equal).toBe(false);
      }),
    );
  });
});

describe("tensors", () => {
  const both = bounds("f64", { rel: 1e-3, l2: 1e-3 });

  test("have NaN and infinities only in the same places, and one zero", () => {
    fc.assert(
      fc.property(fc.array(anyFloat, { minLength: 1 }), fc.nat(), (numbers, place) => {
        expect(compareBytes(both, f64(numbers), f64(numbers)).equal).toBe(true);
        const at = place % numbers.length;
        const other = Number.isNaN(numbers[at]) ? Infinity : Number.NaN;
        const changed = numbers.map((x, i) => (i === at ? other : x));
        const outcome = compareBytes(both, f64(numbers), f64(changed));
        expect(outcome).toMatchObject({ equal: false, distances: { at, maxAbs: beyondMeasure, l2: beyondMeasure } });
      }),
    );
    expect(compareBytes(both, f64([-0, 1]), f64([0, 1]))).toMatchObject({ equal: true, distances: { at: null } });
    expect(compareBytes(both, f64([Infinity]), f64([-Infinity])).equal).toBe(false);
    expect(compareBytes(both, f64([Infinity]), f64([Infinity])).equal).toBe(true);
  });

  test("are measured as a plain computation measures them", () => {
    const outcome = compareBytes(bounds("f64", { abs: 100 }), f64([3, 4, 0]), f64([3, 4.5, 1]));
    expect(outcome.distances?.l2).toBeCloseTo(Math.sqrt(0.25 + 1) / 5, 14);
    expect(outcome).toMatchObject({ equal: true, distances: { maxAbs: 1, maxRel: 1, at: 2 } });
  });

  test("are measured where squares overflow or vanish", () => {
    for (const size of [1e300, 1e-300, Number.MIN_VALUE * 2 ** 20]) {
      const outcome = compareBytes(bounds("f64", { l2: 0.1 }), f64([size, size]), f64([size, 2 * size]));
      expect(outcome.equal).toBe(false);
      expect(outcome.distances?.l2).toBeCloseTo(Math.SQRT1_2, 6);
    }
    const far = compareBytes(bounds("f64", { l2: 0.1, abs: 1 }), f64([1.7e308]), f64([-1.7e308]));
    expect(far).toMatchObject({ equal: false, distances: { maxAbs: beyondMeasure } });
  });

  test("have finite distances always, as a receipt needs them", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.double(), fc.double())), (pairs) => {
        const outcome = compareBytes(both, f64(pairs.map(([a]) => a)), f64(pairs.map(([, b]) => b)));
        const { l2 = 0, maxAbs = 0, maxRel = 0 } = outcome.distances ?? {};
        for (const distance of [l2, maxAbs, maxRel]) expect(Number.isFinite(distance) && distance >= 0).toBe(true);
      }),
    );
  });

  test("look at the norm alone where no other bound is named", () => {
    const norm = bounds("f64", { l2: 1e-3 });
    const large = Array.from({ length: 1_000 }, () => 1_000);
    expect(compareBytes(norm, f64([...large, 0]), f64([...large, 5])).equal).toBe(true);
    expect(compareBytes({ ...norm, rel: 1e-3 }, f64([...large, 0]), f64([...large, 5])).equal).toBe(false);
  });

  test("of zeros are equal to zeros alone under a norm", () => {
    const norm = bounds("f64", { l2: 0.999 });
    expect(compareBytes(norm, f64([0, 0]), f64([0, -0])).equal).toBe(true);
    expect(compareBytes(norm, f64([0, 0]), f64([0, 1e-9]))).toMatchObject({
      equal: false,
      distances: { l2: beyondMeasure },
    });
  });

  test("that are cut are not measured", () => {
    expect(compareBytes(bounds("f32", { abs: 1 }), f32([1]).subarray(0, 3), f32([1])).problem).toBe(
      "the reference cannot be measured: its size is not a multiple of 4 bytes",
    );
  });
});

describe(".npy", () => {
  const loose = bounds("npy", { rel: 1e-3, abs: 1e-3 });

  test.each(["<f4", "<f8", "|i1", "|u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8"])("of %s is measured", (dtype) => {
    const numbers = dtype.includes("u") ? [1, 2, 100] : [1, -2, 100];
    expect(compareBytes(loose, npy(dtype, numbers), npy(dtype, numbers)).equal).toBe(true);
    expect(compareBytes(loose, npy(dtype, numbers), npy(dtype, [...numbers.slice(0, 2), 99]))).toMatchObject({
      equal: false,
      distances: { maxAbs: 1, at: 2 },
    });
  });

  test.each([1, 2, 3] as const)("of version %i is read, and its version does not count", (version) => {
    expect(compareBytes(loose, npy("<f4", [1, 2]), npyOf({ version }, f32([1, 2])))).toMatchObject({ equal: true });
  });

  test("must have the same type, order and shape", () => {
    const four = f32([1, 2, 3, 4]);
    const reference = npyOf({ shape: "(4,)" }, four);
    for (const other of [
      npyOf({ shape: "(2, 2)" }, four),
      npyOf({ shape: "(4,)", order: "True" }, four),
      npyOf({ shape: "(4,)", dtype: "<i4" }, four),
    ])
      expect(compareBytes(loose, reference, other).equal).toBe(false);
    const fortran = npyOf({ shape: "(2, 2)", order: "True" }, four);
    expect(compareBytes(loose, fortran, fortran).equal).toBe(true);
    expect(compareBytes(loose, npyOf({ shape: "()" }, f32([1])), npyOf({ shape: "( )" }, f32([1]))).equal).toBe(true);
  });

  test.each([
    ["another magic", Uint8Array.of(...new TextEncoder().encode("NUMPY and more of it")), "not an .npy file"],
    ["a later version", npyOf({ version: 4 }, f32([1])), "its version is 4"],
    ["an object array", npyOf({ dtype: "|O" }, f32([1])), "its type is '|O'"],
    ["big-endian numbers", npyOf({ dtype: ">f4" }, f32([1])), "its type is '>f4'"],
    [
      "records",
      npyOf({ header: "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }" }, f32([1])),
      "more than a plain",
    ],
    [
      "a key twice",
      npyOf({ header: "{'shape': (1,), 'shape': (1,), 'descr': '<f4', 'fortran_order': False}" }, f32([1])),
      "more than a plain",
    ],
    ["no order", npyOf({ header: "{'shape': (1,), 'descr': '<f4'}" }, f32([1])), "in which order"],
    ["no shape", npyOf({ header: "{'fortran_order': False, 'descr': '<f4'}" }, f32([1])), "its shape is not"],
    ["no dictionary", npyOf({ header: "hello" }, f32([1])), "not a dictionary"],
    ["an endless shape", npyOf({ shape: "(99999999999, 99999999999, 99999999999)" }, f32([1])), "larger than any file"],
    ["too many dimensions", npyOf({ shape: `(${"1, ".repeat(33)})` }, f32([1])), "larger than any file"],
    ["more in its shape than it has", npyOf({ shape: "(3,)" }, f32([1])), "it has 1 elements, and its shape 3"],
    ["less in its shape than it has", npyOf({ shape: "(1,)" }, f32([1, 2])), "it has 2 elements, and its shape 1"],
    ["a header that is cut", npy("<f4", [1]).subarray(0, 30), "ends within its header"],
    ["a huge header", npyOf({ header: " ".repeat(5_000) }, f32([1])), "at most 4096"],
    ["integers that are no doubles", npyOf({ dtype: "<i8" }, new Uint8Array(8).fill(0x7f)), "beyond 2^53"],
  ])("with %s is not measured", (_what, bytes, problem) => {
    const outcome = compareBytes(loose, bytes, bytes);
    expect(outcome).toMatchObject({ equal: false, distances: null });
    expect(outcome.problem).toContain(problem);
  });
});

describe("json", () => {
  const loose = bounds("json", { rel: 1e-6 });
  const text = (value: string) => new TextEncoder().encode(value);

  test("of any shape is equal to itself, however it is spaced", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const dense = text(JSON.stringify(value));
        expect(compareBytes(loose, dense, text(JSON.stringify(value, null, 2)))).toMatchObject({
          equal: true,
          problem: null,
        });
      }),
    );
  });

  test("differs where anything but a number does", () => {
    const reference = text('{"a": [1, true, "x", null], "b": 2}');
    for (const other of [
      '{"a": [1, false, "x", null], "b": 2}',
      '{"a": [1, true, "y", null], "b": 2}',
      '{"a": [1, true, "x", 0], "b": 2}',
      '{"a": [1, true, "x"], "b": 2}',
      '{"c": [1, true, "x", null], "b": 2}',
      '{"b": 2, "a": [1, true, "x", null]}',
      '{"a": [1, true, "x", null], "b": 2, "b": 2}',
      '{"a": ["1", true, "x", null], "b": 2}',
      '{"a": [1, true, "x", null], "b": [2]}',
    ])
      expect(compareBytes(loose, reference, text(other)).equal).toBe(false);
    expect(compareBytes(loose, reference, text('{"a":[1.0000001,true,"x",null],"b":2e0}')).equal).toBe(true);
  });

  test("may be one number alone", () => {
    expect(compareBytes(loose, text("1"), text("1.0000001 "))).toMatchObject({ equal: true, distances: { at: 0 } });
    expect(compareBytes(loose, text("1"), text("2")).equal).toBe(false);
  });

  test("is valid when JSON.parse says so", () => {
    const piece = fc.constantFrom(
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      "1",
      "-0.5e3",
      '"a"',
      '"\\""',
      "true",
      "null",
      " ",
      "01",
      ".5",
      "tru",
      "+1",
      "1e",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const document = pieces.join("");
        expect(compareBytes(loose, text(document), text(document)).equal).toBe(isJson(document));
      }),
      { numRuns: 1_000 },
    );
  });

  test.each([
    ["nothing", "", "not whole JSON"],
    ["half a list", "[1, 2", "not whole JSON"],
    ["NaN", "[NaN]", "not JSON"],
    ["two documents", "{} {}", "not JSON"],
    ["a number that no double holds", "[1e999]", "a number that is none: 1e999"],
    ["an endless number", `[${"1".repeat(100)}]`, "a number that is too long"],
    ["a line feed in a text", '["a\nb"]', "control characters"],
    ["a bomb of brackets", "[".repeat(100_000), "nested more than 64 deep"],
  ])("with %s is not measured", (_what, document, problem) => {
    const outcome = compareBytes(loose, text(document), text(document));
    expect(outcome).toMatchObject({ equal: false, distances: null });
    expect(outcome.problem).toContain(problem);
  });
});

test("large outputs are measured with no more than a chunk of each side", () => {
  const comparing = comparison(bounds("f32", { rel: 1e-3 }));
  const chunk = f32(Array.from({ length: 4_096 }, (_, i) => i));
  const left = { reference: 200, answer: 200 };
  let ahead = 0;
  let step = comparing.next();
  while (step.done !== true) {
    const side = step.value;
    left[side] -= 1;
    ahead = Math.max(ahead, Math.abs(left.reference - left.answer));
    step = comparing.next(left[side] < 0 ? null : chunk);
  }
  expect(step.value.equal).toBe(true);
  expect(ahead).toBe(1);
});

function isJson(text: string): boolean {
  try {
    let holds = true;
    // What grammar allows and no double holds is read as an infinity: it cannot be measured.
    JSON.parse(text, (_key, value: unknown) => {
      if (typeof value === "number" && !Number.isFinite(value)) holds = false;
      return value;
    });
    return holds;
  } catch {
    return false;
  }
}

interface Cut {
  readonly reference: readonly [Uint8Array, readonly number[]];
  readonly answer: readonly [Uint8Array, readonly number[]];
}

function inPieces(comparator: NumericComparator, cut: Cut): OutputComparison {
  const at = { reference: 0, answer: 0 };
  const turn = { reference: 0, answer: 0 };
  const comparing = comparison(comparator);
  let step = comparing.next();
  while (step.done !== true) {
    const side = step.value;
    const [bytes, sizes] = cut[side];
    const size = sizes[turn[side] % sizes.length] ?? 1;
    const piece = bytes.subarray(at[side], at[side] + size);
    at[side] += size;
    turn[side] += 1;
    step = comparing.next(piece.length === 0 ? null : piece);
  }
  return step.value;
}
