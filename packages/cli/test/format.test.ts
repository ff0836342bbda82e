// Every output format prints the same rows.
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { formatListing, formatOne, table } from "../src/output/format.ts";

const listing = {
  rows: [
    { id: "a", count: 3n },
    { id: "longer", count: 2n ** 60n },
  ],
  columns: [
    { title: "ID", value: (row: { id: string }) => row.id },
    { title: "COUNT", value: (row: { count: bigint }) => String(row.count), wide: true },
  ],
  name: (row: { id: string }) => row.id,
};

describe("formatListing", () => {
  it("aligns columns and hides wide ones", () => {
    expect(formatListing(listing, "table")).toBe("ID\na\nlonger\n");
    expect(formatListing(listing, "wide")).toBe(`ID      COUNT\na       3\nlonger  ${2n ** 60n}\n`);
  });

  it("prints numbers that JSON cannot hold as text", () => {
    expect(JSON.parse(formatListing(listing, "json"))).toEqual([
      { id: "a", count: 3 },
      { id: "longer", count: String(2n ** 60n) },
    ]);
    expect(formatListing(listing, "jsonl").trim().split("\n")).toHaveLength(2);
    expect(parse(formatListing(listing, "yaml"))).toHaveLength(2);
  });

  it("prints names for shells", () => {
    expect(formatListing(listing, "name")).toBe("a\nlonger\n");
  });
});

describe("formatOne", () => {
  it("prints labels for people and the value for programs", () => {
    const people = { lines: [["job", "x"]] as const, name: "x" };
    expect(formatOne({ job: "x" }, people, "table")).toBe("job:  x\n");
    expect(JSON.parse(formatOne({ job: "x" }, people, "json"))).toEqual({ job: "x" });
  });
});

it("a table has no trailing blanks", () => {
  expect(
    table([
      ["a", ""],
      ["bb", "c"],
    ]),
  ).toBe("a\nbb  c\n");
});
