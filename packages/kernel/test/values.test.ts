// Outcomes, assertions and moments: the small values that everything else is made of.
import { describe, expect, it } from "vitest";
import {
  AssertionError,
  accepted,
  assert,
  assertNever,
  day,
  earliest,
  hour,
  minute,
  present,
  rejected,
  second,
} from "../src/index.ts";

describe("outcomes", () => {
  it("leave out what was not given", () => {
    expect(accepted()).toEqual({ ok: true });
    expect(accepted(0)).toEqual({ ok: true, value: 0 });
    expect(Object.keys(rejected("code", "why"))).toEqual(["ok", "code", "message"]);
    expect(rejected("code", "why", [{ field: "a.b", description: "d" }]).fields).toHaveLength(1);
  });
});

describe("assertions", () => {
  it("throw only when the condition fails", () => {
    assert(true, "never seen");
    expect(() => assert(false, "books differ")).toThrow(new AssertionError("books differ"));
  });

  it("tell a missing value from an empty one", () => {
    expect([present(0, "n"), present("", "s"), present(false, "b")]).toEqual([0, "", false]);
    expect(() => present(undefined, "the lease")).toThrow("the lease is missing");
    expect(() => present(null, "the lease")).toThrow("the lease is missing");
  });

  it("name what could not be", () => {
    expect(() => assertNever("x" as never, "input")).toThrow('unexpected input: "x"');
    expect(() => assertNever({ amount: 5n } as never, "fact")).toThrow('unexpected fact: {"amount":"5"}');
  });
});

describe("time", () => {
  it("counts in milliseconds", () => {
    expect([second, minute, hour, day]).toEqual([1_000, 60_000, 3_600_000, 86_400_000]);
  });

  it("takes null for never", () => {
    expect([earliest(null, null), earliest(3, null), earliest(null, 3), earliest(4, 3)]).toEqual([null, 3, 3, 3]);
  });
});
