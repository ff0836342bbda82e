// The part of Solidity's ABI encoding that our hashes need: static words, bytes, string, and an array of static structs.

import { utf8ToBytes } from "@noble/hashes/utils.js";
import { assert } from "@starling/kernel";
import { keccakHex } from "./digest.ts";
import { fromHex } from "./hex.ts";
import type { Address, Hash } from "./ids.ts";

/** One argument: a 32-byte word, or a dynamic tail that a word points at. */
export type AbiValue = { readonly word: Uint8Array } | { readonly tail: Uint8Array };

const WORD = 32;

/** An unsigned integer of at most `bits` bits. */
export function abiUint(value: bigint | number, bits = 256): AbiValue {
  const integer = BigInt(value);
  assert(integer >= 0n && integer < 1n << BigInt(bits), `${integer} does not fit uint${bits}`);
  return { word: wordOf(integer) };
}

/** A bytes32. */
export function abiHash(hash: Hash): AbiValue {
  const word = fromHex(hash);
  assert(word.length === WORD, "a bytes32 has 32 bytes");
  return { word };
}

/** An address. */
export function abiAddress(address: Address): AbiValue {
  const bytes = fromHex(address);
  assert(bytes.length === 20, "an address has 20 bytes");
  const word = new Uint8Array(WORD);
  word.set(bytes, WORD - 20);
  return { word };
}

/** Dynamic bytes. */
export function abiBytes(bytes: Uint8Array): AbiValue {
  const tail = new Uint8Array(WORD + Math.ceil(bytes.length / WORD) * WORD);
  tail.set(wordOf(BigInt(bytes.length)));
  tail.set(bytes, WORD);
  return { tail };
}

/** A string. */
export function abiString(text: string): AbiValue {
  return abiBytes(utf8ToBytes(text));
}

/** An array of structs whose members are all words. */
export function abiStructs(rows: readonly (readonly AbiValue[])[]): AbiValue {
  const words = rows.flat().map(staticWord);
  const tail = new Uint8Array(WORD * (1 + words.length));
  tail.set(wordOf(BigInt(rows.length)));
  words.forEach((word, i) => {
    tail.set(word, WORD * (i + 1));
  });
  return { tail };
}

/** `abi.encode(...)`. */
export function abiEncode(values: readonly AbiValue[]): Uint8Array {
  let size = WORD * values.length;
  for (const value of values) size += "tail" in value ? value.tail.length : 0;
  const encoded = new Uint8Array(size);
  let tailAt = WORD * values.length;
  values.forEach((value, i) => {
    if ("word" in value) {
      encoded.set(value.word, WORD * i);
    } else {
      encoded.set(wordOf(BigInt(tailAt)), WORD * i);
      encoded.set(value.tail, tailAt);
      tailAt += value.tail.length;
    }
  });
  return encoded;
}

/** `keccak256(abi.encode(...))`. */
export function abiKeccak(...values: readonly AbiValue[]): Hash {
  return keccakHex(abiEncode(values));
}

function staticWord(value: AbiValue): Uint8Array {
  assert("word" in value, "a struct in an array may only have static members");
  return value.word;
}

function wordOf(value: bigint): Uint8Array {
  const word = new Uint8Array(WORD);
  let rest = value;
  for (let i = WORD - 1; rest > 0n; i -= 1) {
    word[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return word;
}
