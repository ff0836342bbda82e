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
import type { Sameness } from "../../src/core/verification/equivalence.ts";

type Kind = Omit<Comparison, "same">;
const agreement: Kind = { resolver: "agreement", replicas: 2, needed: 2, unconfirmed: false, isFreshAgain: false };
const referee: Kind = { ...agreement, resolver: "referee" };
const fresh: Kind = { ...agreement, resolver: "freshReplicas" };
const again: Kind = { ...fresh, isFreshAgain: true };
/** Nobody was free to confirm the referee. */
const alone: Kind = { ...referee, unconfirmed: true };

interface Given extends AnswerInDoubt {
  readonly letter: string;
}

/** Answers in a line: a letter per digest, upper case for fresh ones, `!` in front for the referee's. */
function answers(line: string): Given[] {
  return [...line.matchAll(/(!?)([a-zA-Z])/g)].map(([, mark, letter = ""], i) => ({
    leaseId: `0x${i}` as Hash,
    letter: letter.toLowerCase(),
    role: mark === "!" ? "referee" : "replica",
    fresh: letter !== letter.toLowerCase() || mark === "!",
  }));
}

// `u` equals everything only after its outputs have been compared; the bytes of `x` can't be read.
function rule(given: readonly Given[], kind: Kind): Ruling {
  const letterOf = (id: string): string | undefined => given.find(({ leaseId }) => leaseId === id)?.letter;
  const same = (left: string, right: string): Sameness => {
    const letters = [letterOf(left), letterOf(right)];
    if (letters[0] === letters[1]) return "same";
    if (letters.includes("x")) return "unreadable";
    return letters.includes("u") ? "unknown" : "different";
  };
  return compareAnswers(given, { ...kind, same });
}

function told(ruling: Ruling): string {
  if (ruling.kind === "more") return `more ${ruling.count}`;
  if (ruling.kind !== "accept") return ruling.kind;
  const blame = ruling.caught.length === ruling.losers.length ? "" : " unblamed";
  return `accept ${ruling.winners.join()} not ${ruling.losers.join()}${blame}`.replaceAll("0x", "");
}

describe("agreement", () => {
  test.each([
    ["", "more 2"],
    ["a", "more 1"],
    ["aa", "accept 0,1 not "],
    ["ab", "mismatch"],
    ["aab", "mismatch"],
  ])("%j: %s", (line, expected) => {
    expect(told(rule(answers(line), agreement))).toBe(expected);
  });
});

describe("referee", () => {
  test.each([
    ["ab", "more 1"],
    ["ab!a", "accept 0,2 not 1"],
    ["ab!b", "accept 1,2 not 0"],
    ["ab!c", "more 1"],
    ["aa!b", "more 1"],
    ["ab!cC", "accept 2,3 not 0,1"],
    ["ab!cA", "more 1"],
    ["ab!cDE", "more 1"],
    ["ab!cDC", "accept 2,4 not 0,1,3"],
    ["ab!cAAA", "nondeterministic"],
    ["ab!cDEF", "nondeterministic"],
    ["ab!u", "unknown"],
  ])("%j: %s", (line, expected) => {
    expect(told(rule(answers(line), referee))).toBe(expected);
  });
});

describe("a referee whom nobody was free to confirm", () => {
  test.each([
    ["ab!c", "accept 2 not 0,1 unblamed"],
    ["ab!cD", "nondeterministic"],
    ["ab!b", "accept 1,2 not 0"],
  ])("%j: %s", (line, expected) => {
    expect(told(rule(answers(line), alone))).toBe(expected);
  });
});

describe("an audit", () => {
  test.each([
    ["aa", "more 1"],
    ["aaa", "accept 0,1,2 not "],
    ["aab", "mismatch"],
    ["aau", "unknown"],
  ])("%j: %s", (line, expected) => {
    expect(told(rule(answers(line), { ...agreement, needed: 3 }))).toBe(expected);
  });
});

describe("fresh replicas", () => {
  test.each([
    ["ab", "more 3"],
    ["abA", "more 2"],
    ["abAAA", "accept 0,2,3,4 not 1"],
    ["abCCC", "accept 2,3,4 not 0,1"],
    ["abAAB", "freshAgain"],
    ["abAAC", "freshAgain"],
    ["abAB", "freshAgain"],
    ["abACB", "nondeterministic"],
    ["abCDE", "nondeterministic"],
    ["abAUC", "unknown"],
  ])("%j: %s", (line, expected) => {
    expect(told(rule(answers(line), fresh))).toBe(expected);
  });
});

describe("a second round of fresh replicas", () => {
  test.each([
    ["abaac", "more 3"],
    ["abaacAAA", "accept 0,2,3,5,6,7 not 1,4"],
    ["abaabBBB", "accept 1,4,5,6,7 not 0,2,3"],
    ["abaabAAB", "disputed"],
    ["abaacAAC", "nondeterministic"],
    ["aaabAAD", "nondeterministic"],
  ])("%j: %s", (line, expected) => {
    expect(told(rule(answers(line), again))).toBe(expected);
  });
});

describe("answers whose bytes can't be read are in doubt, and nobody is blamed for them", () => {
  test.each([
    ["ax", agreement, "mismatch"],
    ["ax!a", referee, "accept 0,2 not 1 unblamed"],
    ["xb!a", referee, "more 1"],
    ["xb!aA", referee, "accept 2,3 not 1,0 unblamed"],
    ["axAAA", fresh, "accept 0,2,3,4 not 1 unblamed"],
    ["bxAAA", fresh, "accept 2,3,4 not 0,1 unblamed"],
    ["abAXA", fresh, "freshAgain"],
    ["abXAA", fresh, "freshAgain"],
    ["abXAA", again, "disputed"],
  ] as const)("%j", (line, kind, expected) => {
    expect(told(rule(answers(line), kind))).toBe(expected);
  });

  test("though whoever was read and differs is", () => {
    const ruling = rule(answers("bxAAA"), fresh);
    expect(ruling).toMatchObject({ kind: "accept", caught: ["0x0"], losers: ["0x0", "0x1"] });
  });
});

test("whatever the answers, only a unanimous round, the referee or unanimous fresh replicas make one stand", () => {
  const line = fc
    .array(fc.constantFrom("a", "b", "c", "A", "B", "C"), { maxLength: 8 })
    .map((letters) => letters.join(""));
  fc.assert(
    fc.property(
      line,
      fc.constantFrom(agreement, fresh, again, { ...agreement, needed: 3 }, { ...fresh, replicas: 3 }),
      (text, comparison) => {
        const given = answers(text);
        const ruling = rule(given, comparison);
        if (ruling.kind !== "accept") return;
        const judges = comparison.resolver === "agreement" ? given : given.filter((answer) => answer.fresh);
        expect(judges.length).toBeGreaterThanOrEqual(comparison.needed);
        expect(new Set(judges.map(({ letter }) => letter)).size).toBe(1);
        expect(judges.map(({ leaseId }) => leaseId)).toContain(ruling.standing);
        expect([...ruling.winners, ...ruling.losers].sort()).toEqual(given.map(({ leaseId }) => leaseId).sort());
      },
    ),
  );
});
