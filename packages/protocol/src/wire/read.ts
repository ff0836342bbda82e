// Readers of single fields: each checks one kind of value and names the field when it is wrong.
import { parseBaseUnits } from "../amount.ts";
import { fromHex, toHex } from "../hex.ts";
import type { Address, Cid, Hash, Hex, PeerId, Signature } from "../ids.ts";
import { limits } from "../limits.ts";
import { WireError } from "./wire-error.ts";

// Words and names that peers send end in paths, metrics and logs, so only plain ASCII passes.
const WORD = /^[A-Za-z][A-Za-z0-9.-]*$/;
const FILE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*(?:\/[0-9]{1,9})?$/;
const PEER_ID = /^[1-9A-HJ-NP-Za-km-z]{10,64}$/;
const CONTROL = /\p{Cc}/u;

// A wrong length is refused rather than padded or cut: the same value must have one form.
function sized(bytes: Uint8Array, length: number, path: string): Hex {
  if (bytes.length !== length) throw new WireError(path, `has ${bytes.length} bytes, not ${length}`);
  return toHex(bytes);
}

/** 32 bytes. */
export function readHash(bytes: Uint8Array, path: string): Hash {
  return sized(bytes, 32, path);
}

/** 20 bytes. */
export function readAddress(bytes: Uint8Array, path: string): Address {
  return sized(bytes, 20, path);
}

/** 65 bytes. */
export function readSignature(bytes: Uint8Array, path: string): Signature {
  return sized(bytes, 65, path);
}

/** The 32 bytes of a content id. */
export function readCid(bytes: Uint8Array, path: string): Cid {
  return `cid:${sized(bytes, 32, path).slice(2)}`;
}

/** The bytes of a content id. */
export function cidBytes(cid: Cid): Uint8Array {
  return fromHex(`0x${cid.slice("cid:".length)}`);
}

/** A count, size or moment within bounds. */
export function readInteger(value: number | bigint, path: string, max: number = Number.MAX_SAFE_INTEGER): number {
  if (value < 0 || value > max) throw new WireError(path, `is not from 0 to ${max}`);
  return Number(value);
}

/** A counter that starts with one, such as an attempt. */
export function readPositive(value: number | bigint, path: string, max: number = limits.uint32): number {
  if (value < 1) throw new WireError(path, "is not positive");
  return readInteger(value, path, max);
}

/** An amount in base units. */
export function readAmount(text: string, path: string): bigint {
  const amount = parseBaseUnits(text);
  if (amount === null) throw new WireError(path, "is not an amount in base units");
  return amount;
}

/** Text for people: it may be empty, and holds line breaks only where it says so. */
export function readText(text: string, path: string, max: number = limits.messageLength): string {
  if (text.length > max) throw new WireError(path, `has more than ${max} characters`);
  if (CONTROL.test(text)) throw new WireError(path, "has control characters");
  return text;
}

/** Text with line breaks, such as a log. */
export function readLog(text: string, path: string, max: number): string {
  if (text.length > max) throw new WireError(path, `has more than ${max} characters`);
  return text;
}

/** A stable word, such as a code or a reason. */
export function readWord(text: string, path: string): string {
  if (text.length > limits.wordLength || !WORD.test(text)) throw new WireError(path, "is not a word");
  return text;
}

/** A file name that is safe below a directory: one part, or a name and a number. */
export function readFileName(text: string, path: string): string {
  if (text.length > limits.nameLength + 10 || !FILE_NAME.test(text)) throw new WireError(path, "is not a file name");
  return text;
}

/** A relative path that stays below its directory. */
export function readPath(text: string, path: string): string {
  const parts = text.split("/");
  const inside = parts.every((part) => part !== "" && part !== "." && part !== "..");
  if (text.length > limits.pathLength || !inside || /[\\\0]/.test(text))
    throw new WireError(path, "leads out of its directory");
  return text;
}

/** A peer id's base58 text. */
export function readPeerId(text: string, path: string): PeerId {
  if (!PEER_ID.test(text)) throw new WireError(path, "is not a peer id");
  return text;
}

/** One of a few words. */
export function readOneOf<T extends string>(text: string, allowed: readonly T[], path: string): T {
  const found = allowed.find((candidate) => candidate === text);
  if (found === undefined) throw new WireError(path, `is none of ${allowed.join(", ")}`);
  return found;
}

/** A part that must be there. */
export function readPart<T>(part: T | undefined, path: string): T {
  if (part === undefined) throw new WireError(path, "is missing");
  return part;
}

/** A list with at most so many items, each read with its own path. */
export function readList<T, R>(
  list: { readonly items: readonly T[]; readonly path: string; readonly max: number },
  read: (item: T, path: string) => R,
): readonly R[] {
  const { items, path, max } = list;
  if (items.length > max) throw new WireError(path, `has ${items.length} items, more than ${max}`);
  return items.map((item, i) => read(item, `${path}[${i}]`));
}
