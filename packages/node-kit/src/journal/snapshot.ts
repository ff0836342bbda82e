// A snapshot as chunks of about a megabyte, each a list of small records, with a manifest that is written last.
import type { Millis } from "@starling/kernel";
import { decodeValue, encodeValue } from "./encoding.ts";
import type { JournalSnapshot } from "./journal.ts";
import { SnapshotAssembly, type SnapshotRecord, splitSnapshot } from "./snapshot-codec.ts";

/** What makes the chunks of a snapshot count. */
export interface SnapshotManifest {
  readonly seq: number;
  readonly at: Millis;
  readonly chunks: number;
  readonly bytes: number;
  /** Hex of the hash of the record that ends with `seq`: where the chain goes on. */
  readonly hash: string;
}

const CHUNK_BYTES = 1024 * 1024;

/** Encodes at once, since the state may change as soon as the caller waits. */
export function encodeSnapshot(
  snapshot: JournalSnapshot,
  hash: Uint8Array,
): { readonly chunks: readonly Buffer[]; readonly manifest: SnapshotManifest } {
  const chunks: Buffer[] = [];
  let lines: string[] = [];
  let length = 0;
  let bytes = 0;
  const flush = (): void => {
    if (lines.length === 0) return;
    const chunk = Buffer.from(lines.join("\n"));
    chunks.push(chunk);
    bytes += chunk.length;
    lines = [];
    length = 0;
  };
  for (const record of splitSnapshot(snapshot.state)) {
    const line = encodeValue(record);
    lines.push(line);
    length += line.length;
    if (length >= CHUNK_BYTES) flush();
  }
  flush();
  return {
    chunks,
    manifest: {
      seq: snapshot.seq,
      at: snapshot.at,
      chunks: chunks.length,
      bytes,
      hash: Buffer.from(hash).toString("hex"),
    },
  };
}

/** The state of a snapshot; throws what reading a chunk throws. */
export async function decodeSnapshot(manifest: SnapshotManifest, chunks: AsyncIterable<Buffer>): Promise<unknown> {
  const assembly = new SnapshotAssembly();
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    // JSON text holds no line end outside its strings' escapes.
    for (const line of chunk.toString("utf8").split("\n")) assembly.add(decodeValue(line) as SnapshotRecord);
  }
  if (bytes !== manifest.bytes) throw new Error(`the snapshot at fact ${manifest.seq} is incomplete`);
  return assembly.value();
}
