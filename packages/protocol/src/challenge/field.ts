// Exact matrices over the integers below a prime. Products and sums stay below 2^53, so that doubles hold them exactly on every machine.

import { utf8ToBytes } from "@noble/hashes/utils.js";
import { sha256 } from "../digest.ts";

/** The largest prime below 2^21: a sum of 1,024 products of two such numbers is below 2^53. */
export const fieldPrime = 2_097_143;

/** Most rows and columns: more products would not fit a sum. */
export const fieldSizeMax = 1_024;

/** Numbers of the field, row after row. */
export type FieldNumbers = Float64Array;

/** Uniform numbers of the field that follow from a text: whoever knows the text has the same. */
export function fieldNumbers(text: string, count: number): FieldNumbers {
  const next = wordsOf(text);
  const numbers = new Float64Array(count);
  for (let i = 0; i < count; i += 1) {
    // 21 bits; the few above the prime are drawn again.
    let number = next() >>> 11;
    while (number >= fieldPrime) number = next() >>> 11;
    numbers[i] = number;
  }
  return numbers;
}

// xoshiro128**, keyed by a hash: quick, since a challenge takes millions of numbers. They need not be secret, only new each time.
function wordsOf(text: string): () => number {
  const view = new DataView(sha256(utf8ToBytes(text)).buffer);
  let [a, b, c, d] = [view.getUint32(0), view.getUint32(4), view.getUint32(8), view.getUint32(12) | 1];
  return () => {
    const mixed = Math.imul(b, 5);
    const word = Math.imul((mixed << 7) | (mixed >>> 25), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    return word;
  };
}

/** The product of two square matrices of `size` rows. */
export function multiply(left: FieldNumbers, right: FieldNumbers, size: number): FieldNumbers {
  const product = new Float64Array(size * size);
  for (let row = 0; row < size; row += 1) {
    const sums = product.subarray(row * size, (row + 1) * size);
    for (let k = 0; k < size; k += 1)
      addScaled(sums, right.subarray(k * size, (k + 1) * size), left[row * size + k] ?? 0);
    for (let column = 0; column < size; column += 1) sums[column] = (sums[column] ?? 0) % fieldPrime;
  }
  return product;
}

function addScaled(sums: FieldNumbers, line: FieldNumbers, factor: number): void {
  for (let i = 0; i < sums.length; i += 1) sums[i] = (sums[i] ?? 0) + factor * (line[i] ?? 0);
}

/** A square matrix times a column. */
export function multiplyColumn(matrix: FieldNumbers, column: FieldNumbers): FieldNumbers {
  const size = column.length;
  const product = new Float64Array(size);
  for (let row = 0; row < size; row += 1) {
    let sum = 0;
    for (let k = 0; k < size; k += 1) sum += (matrix[row * size + k] ?? 0) * (column[k] ?? 0);
    product[row] = sum % fieldPrime;
  }
  return product;
}

/** The sum of two lists of numbers. */
export function addNumbers(left: FieldNumbers, right: FieldNumbers): FieldNumbers {
  return left.map((number, i) => (number + (right[i] ?? 0)) % fieldPrime);
}
