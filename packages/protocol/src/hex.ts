// Bytes as text: lower-case 0x hexadecimal is the one form in which hashes, ids, addresses and signatures leave this package.

import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { assert } from "@starling/kernel";
import type { Address, Hash, Hex, Signature } from "./ids.ts";

const HEX = /^0x(?:[0-9a-f]{2})*$/;
const HASH = /^0x[0-9a-f]{64}$/;
const ADDRESS = /^0x[0-9a-f]{40}$/;
const SIGNATURE = /^0x[0-9a-f]{130}$/;

/** 32 zero bytes: the padding leaf of a Merkle tree, and "none" where a hash must stand. */
export const zeroHash: Hash = `0x${"0".repeat(64)}`;

/** Lower-case 0x text of the bytes. */
export function toHex(bytes: Uint8Array): Hex {
  return `0x${bytesToHex(bytes)}`;
}

/** The bytes of 0x text; asserts that it is well formed, so check foreign text with `isHex` first. */
export function fromHex(hex: Hex): Uint8Array {
  assert(hex.startsWith("0x") && hex.length % 2 === 0, "hexadecimal text must start with 0x and have whole bytes");
  return hexToBytes(hex.slice(2));
}

/** Whether the text is lower-case 0x hexadecimal of whole bytes. */
export function isHex(text: string): text is Hex {
  return HEX.test(text);
}

/** Whether the text is 32 bytes in lower-case 0x hexadecimal. */
export function isHash(text: string): text is Hash {
  return HASH.test(text);
}

/** Whether the text is a lower-case 20-byte address. */
export function isAddress(text: string): text is Address {
  return ADDRESS.test(text);
}

/** Whether the text has the shape of a 65-byte signature. Whether it is valid only recovery tells. */
export function isSignature(text: string): text is Signature {
  return SIGNATURE.test(text);
}

/** Whether two byte strings are equal. Not in constant time: nothing here compares secrets. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i += 1) {
    if (a[i] !== b[i]) return false;
  }
  return true;
}
