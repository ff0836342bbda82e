// A challenge: a sum of products of matrices that follow from a seed. Computing it takes n^3 steps, checking the answer n^2 (Freivalds).
import type { RandomStream } from "@starling/kernel";
import type { Hash } from "../ids.ts";
import {
  addNumbers,
  type FieldNumbers,
  fieldNumbers,
  fieldPrime,
  fieldSizeMax,
  multiply,
  multiplyColumn,
} from "./field.ts";

export type { FieldNumbers } from "./field.ts";

/** What is to be computed. */
export interface Challenge {
  /** Fresh for every challenge: who does not know it can prepare nothing. It names the challenge too. */
  readonly seed: Hash;
  /** Rows and columns of every matrix. */
  readonly size: number;
  /** Products in a row: lane by lane one after the other, each needs the one before. */
  readonly factors: number;
  /** Products that can be computed beside one another, one for each core. */
  readonly lanes: number;
}

/** Bytes of a number in an answer. */
const NUMBER_BYTES = 3;

/** What one lane computes: the product of its `factors` + 1 matrices. */
export function laneProduct(challenge: Challenge, lane: number): FieldNumbers {
  let product = matrixOf(challenge, lane, 0);
  for (let i = 1; i <= challenge.factors; i += 1)
    product = multiply(product, matrixOf(challenge, lane, i), challenge.size);
  return product;
}

/** The answer: the sum of all lanes, three bytes a number. */
export function challengeAnswer(products: readonly FieldNumbers[]): Uint8Array {
  const [first = new Float64Array(0), ...rest] = products;
  return packed(rest.reduce(addNumbers, first));
}

/**
 * Whether an answer is right. A right one always is; a wrong one passes with a chance of at most 1 in `fieldPrime` for each round, whatever
 * it is, since the columns are drawn after it was given.
 */
export function isRightAnswer(
  challenge: Challenge,
  answer: Uint8Array,
  { random, rounds }: { readonly random: RandomStream; readonly rounds: number },
): boolean {
  const { size, factors, lanes } = challenge;
  const product = unpacked(answer, size);
  if (product === null) return false;
  const columns = Array.from({ length: rounds }, () => drawColumn(size, random));
  const sums = columns.map((): FieldNumbers => new Float64Array(size));
  for (let lane = 0; lane < lanes; lane += 1) {
    let lines: FieldNumbers[] = columns;
    // From the right: a matrix is made once, used for every round, and forgotten.
    for (let i = factors; i >= 0; i -= 1) {
      const matrix = matrixOf(challenge, lane, i);
      lines = lines.map((line) => multiplyColumn(matrix, line));
    }
    lines.forEach((line, round) => {
      sums[round] = addNumbers(sums[round] ?? line, line);
    });
  }
  return columns.every((column, round) => isEqual(multiplyColumn(product, column), sums[round]));
}

function matrixOf({ seed, size }: Challenge, lane: number, factor: number): FieldNumbers {
  return fieldNumbers(`starling/challenge/1 ${seed} ${lane} ${factor}`, size * size);
}

function drawColumn(size: number, random: RandomStream): FieldNumbers {
  return new Float64Array(size).map(() => random.below(fieldPrime));
}

function isEqual(left: FieldNumbers, right: FieldNumbers | undefined): boolean {
  return left.every((number, i) => number === right?.[i]);
}

function packed(numbers: FieldNumbers): Uint8Array {
  const bytes = new Uint8Array(numbers.length * NUMBER_BYTES);
  numbers.forEach((number, i) => {
    bytes[i * NUMBER_BYTES] = number & 0xff;
    bytes[i * NUMBER_BYTES + 1] = (number >>> 8) & 0xff;
    bytes[i * NUMBER_BYTES + 2] = number >>> 16;
  });
  return bytes;
}

// Null for another length, or for a number that is not below the prime: each product has one form.
function unpacked(bytes: Uint8Array, size: number): FieldNumbers | null {
  if (size > fieldSizeMax || bytes.length !== size * size * NUMBER_BYTES) return null;
  const numbers = new Float64Array(size * size);
  for (let i = 0; i < numbers.length; i += 1) {
    const at = i * NUMBER_BYTES;
    const number = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16);
    if (number >= fieldPrime) return null;
    numbers[i] = number;
  }
  return numbers;
}
