// The envelope of the journal's other records: a format byte and a checksum over key and bytes, verified on every read.
import { hash } from "node:crypto";
import { damaged } from "./journal-errors.ts";

const FORMAT = 1;
const CHECK_BYTES = 8;

/** Format byte, eight bytes of SHA-256 over key and content, content. */
export function seal(key: string, content: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(FORMAT), check(key, content), content]);
}

/** The content; throws `JournalError` when the bytes are not those that were sealed under this key. */
export function openSealed(key: string, bytes: Buffer): Buffer {
  const content = bytes.subarray(1 + CHECK_BYTES);
  if (bytes[0] !== FORMAT || !check(key, content).equals(bytes.subarray(1, 1 + CHECK_BYTES))) {
    throw damaged(key, "its checksum does not match its bytes");
  }
  return content;
}

function check(key: string, content: Uint8Array): Buffer {
  // The key belongs to it, so that a record that the disk returns for another one is noticed.
  const digest = hash("sha256", Buffer.concat([Buffer.from(`${key}\n`), content]), "buffer");
  return digest.subarray(0, CHECK_BYTES);
}
