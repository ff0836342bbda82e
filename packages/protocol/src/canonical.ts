// The one text encoding for anything that is hashed or signed: JSON canonicalised by RFC 8785, with bigint as a decimal string.
import { AssertionError, assert } from "@starling/kernel";

const LONE_SURROGATE = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/;
const DEPTH_MAX = 64;

/**
 * Canonical JSON: members sorted by UTF-16 code units, numbers as ECMAScript prints them, no white space. A bigint becomes a
 * decimal string, a member that is undefined is left out. Asserts on what JSON cannot say (NaN, functions, lone surrogates).
 */
export function canonicalJson(value: unknown): string {
  return encode(value, 0);
}

function encode(value: unknown, depth: number): string {
  assert(depth <= DEPTH_MAX, "canonical JSON is nested too deeply");
  switch (typeof value) {
    case "string":
      return encodeString(value);
    case "number":
      assert(Number.isFinite(value), "canonical JSON has no NaN and no infinity");
      return JSON.stringify(value);
    case "bigint":
      return `"${value}"`;
    case "boolean":
      return value ? "true" : "false";
    case "object":
      return value === null ? "null" : encodeObject(value, depth);
    default:
      throw new AssertionError(`canonical JSON has no ${typeof value}`);
  }
}

function encodeString(value: string): string {
  assert(!LONE_SURROGATE.test(value), "canonical JSON has no lone surrogates");
  return JSON.stringify(value);
}

function encodeObject(value: object, depth: number): string {
  if (Array.isArray(value)) return `[${value.map((item) => encode(item, depth + 1)).join(",")}]`;
  const prototype: unknown = Object.getPrototypeOf(value);
  // Bytes, maps and dates have no canonical form here: turn them into text first.
  assert(prototype === Object.prototype || prototype === null, "canonical JSON takes plain objects only");
  const members: string[] = [];
  // The default sort compares UTF-16 code units, as the standard asks.
  for (const key of Object.keys(value).sort()) {
    const member: unknown = (value as Record<string, unknown>)[key];
    if (member !== undefined) members.push(`${encodeString(key)}:${encode(member, depth + 1)}`);
  }
  return `{${members.join(",")}}`;
}
