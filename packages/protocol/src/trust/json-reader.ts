// JSON as a row of numbers and everything else. All but the numbers is hashed on the way, so two documents are compared without being
// held; the order of members and the escapes of text count, since one program writes both.
import { sha256 } from "@noble/hashes/sha2.js";
import { toHex } from "../hex.ts";
import { limits } from "../limits.ts";
import { formatSize } from "../size.ts";
import type { NumberReader } from "./number-reader.ts";

/** Nested lists and maps: more is no table of numbers. */
const depthMax = 64;
/** Characters of one number: 17 digits say all of a double. */
const numberLengthMax = 64;

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const numberMark = 0x23; // "#", which valid JSON has only inside text.
const lineFeed = Uint8Array.of(0x0a);
const quote = 0x22;
const backslash = 0x5c;

type Mode = "plain" | "text" | "escape" | "number" | "word";
/** What may come next outside of text, numbers and words. */
type Next = "value" | "valueOrEnd" | "key" | "keyOrEnd" | "colon" | "commaOrEnd" | "end";

/** Reads one JSON document, in UTF-8. */
export function jsonReader(): NumberReader {
  const reader = new JsonReader();
  return {
    push: (bytes) => reader.push(bytes),
    end: () => {
      // A number is over when something else comes: here it is the end.
      const numbers = reader.push(lineFeed);
      const form = reader.end();
      return form === null ? { ok: false, problem: reader.problem ?? "it is not JSON" } : { ok: true, form, numbers };
    },
    problem: () => reader.problem,
  };
}

class JsonReader {
  problem: string | null = null;
  #mode: Mode = "plain";
  #next: Next = "value";
  /** Open lists (false) and maps (true). */
  readonly #open: boolean[] = [];
  #token = "";
  #size = 0;
  #numbers: number[] = [];
  readonly #hash = sha256.create();
  #kept = new Uint8Array(0);
  #keptLength = 0;

  push(bytes: Uint8Array): Float64Array {
    this.#numbers = [];
    this.#size += bytes.length;
    if (this.#size > limits.comparedJsonBytes)
      this.problem ??= `it has more than ${formatSize(limits.comparedJsonBytes)}`;
    // Each byte keeps at most itself and the mark of a number that it ends; a word came in by bytes of an earlier chunk.
    this.#kept = new Uint8Array(2 * bytes.length + numberLengthMax);
    this.#keptLength = 0;
    for (let at = 0; at < bytes.length && this.problem === null; ) at = this.#take(bytes, at);
    this.#hash.update(this.#kept.subarray(0, this.#keptLength));
    return Float64Array.from(this.#numbers);
  }

  /** The hash of all but the numbers, or null when this is no whole document. */
  end(): string | null {
    if (this.problem === null && (this.#mode !== "plain" || this.#next !== "end"))
      this.problem = "it is not whole JSON";
    return this.problem === null ? toHex(this.#hash.digest()) : null;
  }

  // Takes what belongs together from a place on, and returns the next place.
  #take(bytes: Uint8Array, at: number): number {
    switch (this.#mode) {
      case "escape":
        this.#keep(bytes[at] ?? 0);
        this.#mode = "text";
        return at + 1;
      case "text":
        return this.#takeText(bytes, at);
      case "number":
      case "word":
        return this.#takeToken(bytes, at);
      case "plain":
        return this.#takePlain(bytes[at] ?? 0) ? at + 1 : at;
    }
  }

  #takeText(bytes: Uint8Array, from: number): number {
    let at = from;
    while (at < bytes.length && isPlainText(bytes[at] ?? 0)) at += 1;
    this.#kept.set(bytes.subarray(from, at), this.#keptLength);
    this.#keptLength += at - from;
    const end = bytes[at];
    if (end === undefined) return at;
    if (end < 0x20) this.problem = "it has control characters in a text";
    this.#keep(end);
    this.#mode = end === backslash ? "escape" : "plain";
    return at + 1;
  }

  #takeToken(bytes: Uint8Array, from: number): number {
    let at = from;
    while (at < bytes.length && isTokenByte(bytes[at] ?? 0)) at += 1;
    if (this.#token.length + at - from > numberLengthMax) {
      this.problem = "it has a number that is too long";
      return at;
    }
    this.#token += String.fromCharCode(...bytes.subarray(from, at));
    if (at < bytes.length) this.#endToken();
    return at;
  }

  // Whether the byte is done with; a number or a word begins at its own first byte.
  #takePlain(byte: number): boolean {
    if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) return true;
    if (byte === quote) {
      this.#startText();
    } else if (isTokenByte(byte)) {
      if (this.#wantsValue()) this.#mode = byte === 0x2d || (byte >= 0x30 && byte <= 0x39) ? "number" : "word";
      this.#token = "";
      return false;
    } else {
      this.#takePunctuation(String.fromCharCode(byte));
      this.#keep(byte);
    }
    return true;
  }

  #startText(): void {
    const isKey = this.#next === "key" || this.#next === "keyOrEnd";
    if (!isKey && !this.#wantsValue()) return;
    this.#next = isKey ? "colon" : this.#afterValue();
    this.#mode = "text";
    this.#keep(quote);
  }

  #takePunctuation(character: string): void {
    const isMap = this.#open.at(-1);
    if (character === "{" || character === "[") {
      if (!this.#wantsValue()) return;
      this.#open.push(character === "{");
      if (this.#open.length > depthMax) this.problem = `it is nested more than ${depthMax} deep`;
      this.#next = character === "{" ? "keyOrEnd" : "valueOrEnd";
    } else if (character === "," && this.#next === "commaOrEnd") {
      this.#next = isMap === true ? "key" : "value";
    } else if (character === ":" && this.#next === "colon") {
      this.#next = "value";
    } else if ((character === "}" && isMap === true) || (character === "]" && isMap === false)) {
      if (this.#next !== "commaOrEnd" && this.#next !== (isMap ? "keyOrEnd" : "valueOrEnd")) this.#fail();
      this.#open.pop();
      this.#next = this.#afterValue();
    } else {
      this.#fail();
    }
  }

  #endToken(): void {
    const token = this.#token;
    if (this.#mode === "word") {
      if (token !== "true" && token !== "false" && token !== "null") this.#fail();
      for (let i = 0; i < token.length; i += 1) this.#keep(token.charCodeAt(i));
    } else {
      const value = NUMBER.test(token) ? Number(token) : Number.NaN;
      if (Number.isFinite(value)) this.#numbers.push(value);
      else this.problem = `it has a number that is none: ${token.slice(0, 40)}`;
      this.#keep(numberMark);
    }
    this.#mode = "plain";
    this.#next = this.#afterValue();
  }

  #wantsValue(): boolean {
    if (this.#next !== "value" && this.#next !== "valueOrEnd") this.#fail();
    return this.problem === null;
  }

  #afterValue(): Next {
    return this.#open.length === 0 ? "end" : "commaOrEnd";
  }

  #fail(): void {
    this.problem ??= "it is not JSON";
  }

  #keep(byte: number): void {
    this.#kept[this.#keptLength] = byte;
    this.#keptLength += 1;
  }
}

function isPlainText(byte: number): boolean {
  return byte >= 0x20 && byte !== quote && byte !== backslash;
}

// Digits, letters, signs and dots: what numbers and words are made of.
function isTokenByte(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    (byte >= 0x61 && byte <= 0x7a) ||
    byte === 0x2d ||
    byte === 0x2e ||
    byte === 0x2b ||
    byte === 0x45
  );
}
