// The order in which a job's tasks are handed out: a permutation under the job's secret, so that an index says nothing about when
// its task was first leased. In order of index an audit, which comes later, would stand out.
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { assert } from "@starling/kernel";
import { fromHex } from "../hex.ts";
import type { Hash } from "../ids.ts";

const rounds = 6;
const label = utf8ToBytes("starling/shuffle/1");

/** A permutation of 0..count-1: a Feistel network over the next even number of bits, walked until it lands inside (Black and Rogaway 2002). */
export function shuffle(secret: Hash, count: number): (position: number) => number {
  assert(Number.isSafeInteger(count) && count > 0 && count <= 2 ** 30, `${count} tasks cannot be shuffled`);
  let half = 1;
  while (2 ** (2 * half) < count) half += 1;
  const mask = 2 ** half - 1;
  const keys = keysOf(secret);
  const once = (value: number): number => {
    let left = value >>> half;
    let right = value & mask;
    for (const key of keys) [left, right] = [right, left ^ (mix(right, key) & mask)];
    return left * 2 ** half + right;
  };
  return (position) => {
    assert(position >= 0 && position < count, `there is no position ${position}`);
    let value = once(position);
    while (value >= count) value = once(value);
    return value;
  };
}

function keysOf(secret: Hash): readonly number[] {
  const bytes = hmac(sha256, fromHex(secret), label);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: rounds }, (_, i) => view.getUint32(i * 4));
}

// The finaliser of MurmurHash3 (Appleby, public domain): one lone worker sees a few positions, and has no key to test.
function mix(value: number, key: number): number {
  let hash = (value ^ key) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
