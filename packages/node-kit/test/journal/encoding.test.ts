// Every plain value survives the round trip; what cannot is refused when it is written, not when it is read.
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeValue, encodeValue } from "../../src/journal/encoding.ts";
import { SnapshotAssembly, splitSnapshot } from "../../src/journal/snapshot-codec.ts";

// Keys that look like tags, or like nothing good, are the interesting ones.
const key = fc.oneof(fc.string(), fc.constantFrom("$n", "$map", "$obj", "$", "__proto__", "constructor", "1", "a"));
const { value: plainValue } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).filter((n) => !Object.is(n, -0)),
    fc.string({ unit: "grapheme" }),
    fc.bigInt(),
    fc.array(tie("value"), { maxLength: 5 }),
    fc.array(fc.tuple(key, tie("value")), { maxLength: 5 }).map((entries) => Object.fromEntries(entries)),
    fc
      .array(fc.tuple(fc.oneof(fc.string(), fc.integer(), fc.bigInt()), tie("value")), { maxLength: 5 })
      .map((entries) => new Map(entries)),
  ),
}));

describe("encodeValue", () => {
  it("gives back every plain value", () => {
    fc.assert(
      fc.property(plainValue, (value) => {
        // Vitest's own comparison takes a field named "constructor" for the type.
        expect(isDeepStrictEqual(decodeValue(encodeValue(value)), value)).toBe(true);
      }),
    );
  });

  it("tags bigints and maps so that a person can read them", () => {
    expect(encodeValue({ amount: 12n, rows: new Map([["a", 1]]) })).toBe(
      '{"amount":{"$n":"12"},"rows":{"$map":[["a",1]]}}',
    );
  });

  it("leaves out fields that are undefined", () => {
    expect(encodeValue({ a: undefined, b: 1 })).toBe('{"b":1}');
  });

  it.each([
    [Number.NaN],
    [Number.POSITIVE_INFINITY],
    [() => 1],
    [Symbol("s")],
    [new Date(0)],
    [new Set()],
    [new Uint8Array(1)],
    [[undefined]],
  ])("refuses %s", (value) => {
    expect(() => encodeValue({ value })).toThrow(TypeError);
  });
});

describe("snapshot records", () => {
  it("put every plain value together again", () => {
    fc.assert(
      fc.property(plainValue, (value) => {
        const assembly = new SnapshotAssembly();
        for (const record of splitSnapshot(value)) assembly.add(decodeValue(encodeValue(record)) as never);
        expect(isDeepStrictEqual(assembly.value(), value)).toBe(true);
      }),
    );
  });

  it("split a big map into many records", () => {
    const tasks = new Map(Array.from({ length: 1_200 }, (_, n) => [`task${n}`, { n }]));
    expect([...splitSnapshot({ ledger: { tasks } })].map(([kind]) => kind)).toEqual([
      "object",
      "object",
      "map",
      "entries",
      "entries",
      "entries",
    ]);
  });
});
