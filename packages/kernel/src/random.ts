// A ChaCha20-based generator with named streams: unpredictable from real entropy, repeatable from a seed. Integers only.
import { assert } from "./assert.ts";

/** A stream of uniform integers. */
export interface RandomStream {
  /** A uniform integer in [0, bound); bound is a positive integer up to 2^32. */
  below(bound: number): number;
  /** Four bytes as an unsigned integer. */
  uint32(): number;
  /** Lower-case hex of that many random bytes. */
  hex(bytes: number): string;
  /** True `numerator` times out of `denominator` on average. */
  chance(numerator: number, denominator: number): boolean;
}

/** Gives the stream of a name; asking again for a name continues the same stream. */
export type RandomStreams = (name: string) => RandomStream;

const ROUNDS = 20;

/** Streams from eight 32-bit words of entropy (a ChaCha20 key). RFC 8439 section 2.3, with the nonce made from the name. */
export function randomStreams(key: readonly number[]): RandomStreams {
  assert(key.length === 8, "random streams need eight 32-bit words of entropy");
  const streams = new Map<string, RandomStream>();
  return (name) => {
    const known = streams.get(name);
    if (known !== undefined) return known;
    const made = chachaStream(key, nonceOf(name));
    streams.set(name, made);
    return made;
  };
}

/** Eight words of key from a small seed, for simulations. Not for secrets. */
export function keyFromSeed(seed: number): number[] {
  const stream = chachaStream([seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0, 0x57a2, 0x11e6, 1, 2, 3, 4], [0, 0, 0]);
  return Array.from({ length: 8 }, () => stream.uint32());
}

// Three words from a name by FNV-1a with three offsets: distinct names of a program give distinct nonces.
function nonceOf(name: string): [number, number, number] {
  const words: [number, number, number] = [0x811c9dc5, 0x01000193, 0x9e3779b9];
  for (let i = 0; i < name.length; i += 1) {
    for (let w = 0; w < 3; w += 1) {
      words[w] = Math.imul((words[w] ?? 0) ^ (name.charCodeAt(i) + w), 0x01000193) >>> 0;
    }
  }
  return words;
}

function chachaStream(key: readonly number[], nonce: readonly number[]): RandomStream {
  let counter = 0;
  let block: Uint32Array = new Uint32Array(0);
  let used = 0;
  const uint32 = (): number => {
    if (used === block.length) {
      block = chachaBlock(key, counter, nonce);
      counter += 1;
      used = 0;
    }
    const word = block[used] ?? 0;
    used += 1;
    return word;
  };
  const below = (bound: number): number => {
    assert(Number.isInteger(bound) && bound > 0 && bound <= 2 ** 32, `random bound ${bound} is out of range`);
    // Rejection keeps the draw uniform: words above the largest multiple of the bound are thrown away.
    const limit = Math.floor(2 ** 32 / bound) * bound;
    let word = uint32();
    while (word >= limit) word = uint32();
    return word % bound;
  };
  const hex = (bytes: number): string => {
    let text = "";
    for (let i = 0; i < bytes; i += 1) text += (uint32() & 0xff).toString(16).padStart(2, "0");
    return text;
  };
  return { uint32, below, hex, chance: (numerator, denominator) => below(denominator) < numerator };
}

/** One block of the cipher: RFC 8439 section 2.3. The words are little-endian. Exported for its test vectors. */
export function chachaBlock(key: readonly number[], counter: number, nonce: readonly number[]): Uint32Array {
  const start = Uint32Array.from([
    0x61707865,
    0x3320646e,
    0x79622d32,
    0x6b206574,
    ...key,
    counter,
    nonce[0] ?? 0,
    nonce[1] ?? 0,
    nonce[2] ?? 0,
  ]);
  const x = Uint32Array.from(start);
  for (let round = 0; round < ROUNDS; round += 2) {
    quarter(x, [0, 4, 8, 12]);
    quarter(x, [1, 5, 9, 13]);
    quarter(x, [2, 6, 10, 14]);
    quarter(x, [3, 7, 11, 15]);
    quarter(x, [0, 5, 10, 15]);
    quarter(x, [1, 6, 11, 12]);
    quarter(x, [2, 7, 8, 13]);
    quarter(x, [3, 4, 9, 14]);
  }
  return x.map((word, i) => word + (start[i] ?? 0));
}

function quarter(x: Uint32Array, [a, b, c, d]: readonly [number, number, number, number]): void {
  mix(x, [a, b, d], 16);
  mix(x, [c, d, b], 12);
  mix(x, [a, b, d], 8);
  mix(x, [c, d, b], 7);
}

// Adds the second word to the first, then rotates what the sum and the third word make.
function mix(x: Uint32Array, [i, j, k]: readonly [number, number, number], shift: number): void {
  x[i] = (x[i] ?? 0) + (x[j] ?? 0);
  const word = (x[k] ?? 0) ^ (x[i] ?? 0);
  x[k] = (word << shift) | (word >>> (32 - shift));
}
