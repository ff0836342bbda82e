// Challenges: right answers pass, wrong ones are caught as often as Freivalds promises, and every machine computes the same.
import { createHash } from "node:crypto";
import { keyFromSeed, randomStreams } from "@starling/kernel";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Challenge, challengeAnswer, isRightAnswer, laneProduct } from "../../src/challenge/challenge.ts";
import { fieldNumbers, fieldPrime, fieldSizeMax, multiply, multiplyColumn } from "../../src/challenge/field.ts";

const challenges: fc.Arbitrary<Challenge> = fc.record({
  seed: fc.nat().map((n): `0x${string}` => `0x${n.toString(16).padStart(64, "0")}`),
  size: fc.integer({ min: 1, max: 12 }),
  factors: fc.integer({ min: 1, max: 4 }),
  lanes: fc.integer({ min: 1, max: 3 }),
});
const random = (seed: number) => randomStreams(keyFromSeed(seed))("check");
const answerTo = (challenge: Challenge): Uint8Array =>
  challengeAnswer(Array.from({ length: challenge.lanes }, (_, lane) => laneProduct(challenge, lane)));

// Computed with big integers, in the plain order of the definition.
function slowProduct(left: readonly bigint[], right: readonly bigint[], size: number): bigint[] {
  return Array.from({ length: size * size }, (_, at) => {
    const [row, column] = [Math.floor(at / size), at % size];
    let sum = 0n;
    for (let k = 0; k < size; k += 1) sum += (left[row * size + k] ?? 0n) * (right[k * size + column] ?? 0n);
    return sum % BigInt(fieldPrime);
  });
}

describe("the field", () => {
  test("is one: its size is a prime", () => {
    for (let divisor = 2; divisor * divisor <= fieldPrime; divisor += 1) expect(fieldPrime % divisor).not.toBe(0);
  });

  test("multiplies exactly, also the largest numbers in the longest sums", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 7 }), fc.nat(), (size, seed) => {
        const [left, right] = [fieldNumbers(`${seed} a`, size * size), fieldNumbers(`${seed} b`, size * size)];
        expect([...multiply(left, right, size)].map(BigInt)).toEqual(
          slowProduct([...left].map(BigInt), [...right].map(BigInt), size),
        );
      }),
    );
    const largest = new Float64Array(fieldSizeMax).fill(fieldPrime - 1);
    expect(multiplyColumn(largest, largest)[0]).toBe(fieldSizeMax);
  });

  test("gives the same numbers on every machine", () => {
    const numbers = fieldNumbers("starling", 1_000);
    expect(Math.max(...numbers)).toBeLessThan(fieldPrime);
    expect(createHash("sha256").update(String(numbers)).digest("hex").slice(0, 16)).toMatchInlineSnapshot(
      `"eeb45c84e07ee130"`,
    );
  });
});

describe("an answer", () => {
  test("that is right passes, whatever is drawn", () => {
    fc.assert(
      fc.property(challenges, fc.nat(), (challenge, seed) => {
        expect(isRightAnswer(challenge, answerTo(challenge), { random: random(seed), rounds: 2 })).toBe(true);
      }),
    );
  });

  test("that is wrong in any one number is caught", () => {
    fc.assert(
      fc.property(challenges, fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), (challenge, [place, flip]) => {
        const answer = answerTo(challenge);
        const at = place % answer.length;
        answer[at] = (answer[at] ?? 0) ^ flip;
        expect(isRightAnswer(challenge, answer, { random: random(place), rounds: 2 })).toBe(false);
      }),
    );
  });

  test("that is wrong everywhere, of another challenge, or of another length is caught", () => {
    fc.assert(
      fc.property(challenges, challenges, fc.nat(), (challenge, other, seed) => {
        fc.pre(challenge.seed !== other.seed);
        const check = { random: random(seed), rounds: 2 };
        expect(isRightAnswer(challenge, answerTo({ ...challenge, seed: other.seed }), check)).toBe(false);
        expect(isRightAnswer(challenge, answerTo(challenge).subarray(1), check)).toBe(false);
        expect(isRightAnswer(challenge, new Uint8Array(0), check)).toBe(false);
        expect(isRightAnswer(challenge, new Uint8Array(3 * challenge.size ** 2).fill(255), check)).toBe(false);
      }),
    );
  });

  test("that misses a lane or a factor is caught", () => {
    fc.assert(
      fc.property(challenges, fc.nat(), (challenge, seed) => {
        const check = { random: random(seed), rounds: 2 };
        const { lanes, factors } = challenge;
        expect(isRightAnswer(challenge, answerTo({ ...challenge, lanes: lanes + 1 }), check)).toBe(false);
        expect(isRightAnswer(challenge, answerTo({ ...challenge, factors: factors + 1 }), check)).toBe(false);
      }),
    );
  });

  test("that was fitted to known columns passes with those alone: that is why they are drawn after it was given", () => {
    const challenge: Challenge = { seed: `0x${"5".repeat(64)}`, size: 4, factors: 1, lanes: 1 };
    const known = random(7);
    const [first, next] = [known.below(fieldPrime), known.below(fieldPrime)];
    const product = laneProduct(challenge, 0);
    // A difference across the known column: next * first - first * next is zero.
    product[0] = ((product[0] ?? 0) + next) % fieldPrime;
    product[1] = ((product[1] ?? 0) + fieldPrime - first) % fieldPrime;
    const answer = challengeAnswer([product]);
    const passes = (seed: number): boolean => isRightAnswer(challenge, answer, { random: random(seed), rounds: 1 });
    expect(passes(7)).toBe(true);
    for (let seed = 8; seed < 40; seed += 1) expect(passes(seed)).toBe(false);
  });
});
