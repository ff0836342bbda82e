// What `node describe` says of an operator: counts, pessimistic chances, and what they change.
import type { NodeStanding } from "@starling/protocol/rpc";
import { expect, test } from "vitest";
import { standingLines } from "../src/output/standing.ts";

const standing: NodeStanding = {
  runtimeClass: "wasm",
  checksPassed: 12,
  checksWanted: 20,
  outcomes: [
    { name: "correct", good: 12_000, bad: 0, chancePpm: 870_000 },
    { name: "onTime", good: 14_940, bad: 1_000, chancePpm: 790_000 },
    { name: "available", good: 0, bad: 0, chancePpm: 774_000 },
  ],
  newcomerPpm: 774_000,
  surchargePpm: 0,
};

test("probation, the faded record and a price that counts as it is", () => {
  expect(standingLines(standing)).toEqual([
    ["in wasm", "12 of 20 checks passed: until then what it answers alone is audited"],
    [
      "record",
      "confirmed 12 of 12 (87 %), in time 14.9 of 15.9 (79 %), not lost 0 of 0 (77 %); in brackets pessimistic chances, 77 % for a newcomer",
    ],
    ["placement", "a record no worse than a newcomer's: its work counts at its price"],
  ]);
});

test("known, and worse than a newcomer", () => {
  const [checks, , placement] = standingLines({ ...standing, checksPassed: 31, surchargePpm: 125_000 });
  expect(checks?.[1]).toMatch(/^31 checks passed: audited by lottery/);
  expect(placement?.[1]).toMatch(/13 % dearer/);
});
