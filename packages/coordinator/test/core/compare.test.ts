// Rulings on answers, as values: what stands, what is asked for next, and that a majority alone never stands.

import type { Hash } from "@starling/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type AnswerInDoubt,
  type Comparison,
  compareAnswers,
  type Ruling,
} from "../../src/core/verification/compare.ts";
import { hash } from "./world/fixtures.ts";

const agreement: Comparison = { resolver: "agreement", replicas: 2 };
const referee: Comparison = { resolver: "referee", replicas: 2 };
const fresh: Comparison = { resolver: "freshReplicas", replicas: 2 };

/** Answers in a line: a letter per digest, upper case for fresh ones, `!` in front for the referee's. */
function answers(line: string): AnswerInDoubt[] {
  return [...line.matchAll(/(!?)([a-zA-Z])/g)].map(([, mark, letter = ""], i) => ({
    leaseId: `0x${i}` as Hash,
    digest: hash(letter.toLowerCase()),
    role: mark === "!" ? "referee" : "replica",
    fresh: letter !== letter.toLowerCase() || mark === "!",
  }));
}

function told(ruling: Ruling): string {
  if (ruling.kind === "more") return `more ${ruling.count}`;
  if (ruling.kind !== "accept") return ruling.kind;
  return `accept ${ruling.winners.join()} not ${ruling.losers.join()}`.replaceAll("0x", "");
}

describe("agreement", () => {
  test.each([
    ["", "more 2"],
    ["a", "more 1"],
    ["aa", "accept 0,1 not "],
    ["ab", "mismatch"],
    ["aab", "mismatch"],
  ])("%j: %s", (line, expected) => {
    expect(told(compareAnswers(answers(line), agreement))).toBe(expected);
  });
});

describe("referee", () => {
  test.each([
    ["ab", "more 1"],
    ["ab!a", "accept 0,2 not 1"],
    ["ab!b", "accept 1,2 not 0"],
    ["ab!c", "accept 2 not 0,1"],
    ["aa!b", "accept 2 not 0,1"],
  ])("%j: %s", (line, expected) => {
    expect(told(compareAnswers(answers(line), referee))).toBe(expected);
  });
});

describe("fresh replicas", () => {
  test.each([
    ["ab", "more 3"],
    ["abA", "more 2"],
    ["abAAA", "accept 0,2,3,4 not 1"],
    ["abCCC", "accept 2,3,4 not 0,1"],
    ["abAAB", "disputed"],
    ["abAAC", "nondeterministic"],
    ["abAB", "disputed"],
  ])("%j: %s", (line, expected) => {
    expect(told(compareAnswers(answers(line), fresh))).toBe(expected);
  });
});

test("whatever the answers, only a unanimous round, the referee or unanimous fresh replicas make one stand", () => {
  const line = fc
    .array(fc.constantFrom("a", "b", "c", "A", "B", "C"), { maxLength: 8 })
    .map((letters) => letters.join(""));
  fc.assert(
    fc.property(
      line,
      fc.constantFrom(agreement, fresh, { ...agreement, replicas: 3 }, { ...fresh, replicas: 3 }),
      (text, comparison) => {
        const given = answers(text);
        const ruling = compareAnswers(given, comparison);
        if (ruling.kind !== "accept") return;
        const judges = comparison.resolver === "agreement" ? given : given.filter((answer) => answer.fresh);
        expect(judges.length).toBeGreaterThanOrEqual(comparison.replicas);
        expect(new Set(judges.map(({ digest }) => digest))).toEqual(new Set([ruling.digest]));
        expect([...ruling.winners, ...ruling.losers].sort()).toEqual(given.map(({ leaseId }) => leaseId).sort());
      },
    ),
  );
});
