// The bytes of one journal record: header, facts as JSON, and a SHA-256 that also chains it to the record before.
import { hash } from "node:crypto";
import type { Millis } from "@starling/kernel";
import { decodeValue } from "./encoding.ts";
import { JournalError } from "./journal.ts";
import { damaged } from "./journal-errors.ts";

/** What precedes the first fact. */
export const CHAIN_START: Uint8Array = new Uint8Array(32);

/** A decoded record with its place in the chain. */
export interface JournalRecord {
  readonly firstSeq: number;
  readonly count: number;
  readonly epoch: number;
  readonly at: Millis;
  readonly previous: Uint8Array;
  readonly hash: Uint8Array;
  readonly facts: readonly unknown[];
}

const FORMAT = 1;
const HASH_BYTES = 32;
// format 1, firstSeq 8, count 4, epoch 8, at 8, previous hash 32
const HEADER_BYTES = 1 + 8 + 4 + 8 + 8 + HASH_BYTES;

/** The record's bytes, from facts that are texts already; the last 32 bytes are its hash. */
export function encodeRecord(
  record: Omit<JournalRecord, "hash" | "count" | "facts"> & { readonly facts: readonly string[] },
): Buffer {
  const text = `[${record.facts.join(",")}]`;
  const payloadBytes = Buffer.byteLength(text);
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + payloadBytes + HASH_BYTES);
  bytes.writeUInt8(FORMAT, 0);
  bytes.writeBigUInt64BE(BigInt(record.firstSeq), 1);
  bytes.writeUInt32BE(record.facts.length, 9);
  bytes.writeBigUInt64BE(BigInt(record.epoch), 13);
  bytes.writeBigUInt64BE(BigInt(record.at), 21);
  bytes.set(record.previous, 29);
  bytes.write(text, HEADER_BYTES);
  const end = HEADER_BYTES + payloadBytes;
  bytes.set(hash("sha256", bytes.subarray(0, end), "buffer"), end);
  return bytes;
}

/** The hash of encoded bytes, which the next record names as its previous one. */
export function hashOfRecord(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(bytes.length - HASH_BYTES);
}

/** Verifies and decodes; `key` only names the record in the error. Throws `JournalError`. */
export function decodeRecord(bytes: Buffer, key: string): JournalRecord {
  const end = bytes.length - HASH_BYTES;
  if (end < HEADER_BYTES) throw damaged(key, "it is too short");
  // The format byte is looked at first, since a newer format may have another checksum.
  const format = bytes.readUInt8(0);
  const expected = hash("sha256", bytes.subarray(0, end), "buffer");
  if (!expected.equals(bytes.subarray(end))) throw damaged(key, "its checksum does not match its bytes");
  if (format !== FORMAT) {
    throw new JournalError(
      "journalNewer",
      `journal record ${key} has format ${format}, this version reads ${FORMAT}; run the newer version`,
      {
        details: { key, format },
      },
    );
  }
  const facts = decodeValue(bytes.toString("utf8", HEADER_BYTES, end));
  const count = bytes.readUInt32BE(9);
  if (!Array.isArray(facts) || facts.length !== count) throw damaged(key, "its number of facts is wrong");
  return {
    firstSeq: Number(bytes.readBigUInt64BE(1)),
    count,
    epoch: Number(bytes.readBigUInt64BE(13)),
    at: Number(bytes.readBigUInt64BE(21)),
    previous: bytes.subarray(29, HEADER_BYTES),
    hash: bytes.subarray(end),
    facts,
  };
}
