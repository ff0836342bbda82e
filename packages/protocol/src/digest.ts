// Hashes: SHA-256 with a tag per purpose for what only we read, keccak-256 for what a contract reads too.
import { sha256 as nobleSha256 } from "@noble/hashes/sha2.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { canonicalJson } from "./canonical.ts";
import { toHex } from "./hex.ts";
import type { Hash } from "./ids.ts";

/** A SHA-256 function. The shells pass a native one; the default is pure. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array;

/** What a tagged digest is for: the same content has unrelated digests under different tags. */
export type DigestTag =
  | "result"
  | "task"
  | "spec"
  | "offer"
  | "receipt"
  | "lease"
  | "accept"
  | "commit"
  | "commitSet"
  | "verdict"
  | "ticket";

/** Pure SHA-256. */
export const sha256: Sha256 = (bytes) => nobleSha256(bytes);

/** keccak-256, as the EVM computes it. */
export function keccak(bytes: Uint8Array): Uint8Array {
  return keccak_256(bytes);
}

/** keccak-256 as 0x text. */
export function keccakHex(bytes: Uint8Array): Hash {
  return toHex(keccak_256(bytes));
}

/** keccak-256 of the text's UTF-8 bytes, as 0x text. */
export function keccakText(text: string): Hash {
  return toHex(keccak_256(utf8ToBytes(text)));
}

/** SHA-256 of `starling/<tag>/1`, a line feed and the canonical JSON of the value. */
export function taggedDigest(tag: DigestTag, value: unknown): Hash {
  return toHex(nobleSha256(utf8ToBytes(`starling/${tag}/1\n${canonicalJson(value)}`)));
}

/** Joins byte strings. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return concatBytes(...parts);
}
