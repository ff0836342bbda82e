// Reads records of facts in order, and verifies that each follows the one before it.
import type { ClassicLevel } from "classic-level";
import { damaged, lost } from "./journal-errors.ts";
import { factKey, factsBegin, factsEnd } from "./level-keys.ts";
import { decodeRecord, type JournalRecord } from "./record.ts";

export type Database = ClassicLevel<string, Buffer>;

/** Where to begin and to end. */
export interface ChainRange {
  /** The fact that must come first. */
  readonly firstSeq: number;
  /** The hash that the first record must name as its previous one; null takes what is there. */
  readonly previous: Uint8Array | null;
  /** The last fact; later records are not read. */
  readonly lastSeq: number;
  readonly signal?: AbortSignal | undefined;
}

const READ_BATCH = 1_000;
const READ_BYTES_MAX = 16 * 1024 * 1024;

/** The records of a range; throws `JournalError` at a gap, at wrong bytes, and when the last fact is not reached. */
export async function* readChain(database: Database, range: ChainRange): AsyncGenerator<JournalRecord> {
  let { previous } = range;
  let expected = range.firstSeq;
  const rows = database.iterator({ gte: factKey(range.firstSeq), lt: factsEnd, highWaterMarkBytes: READ_BYTES_MAX });
  try {
    while (expected <= range.lastSeq) {
      range.signal?.throwIfAborted();
      const batch = await readable(factKey(expected), rows.nextv(READ_BATCH));
      if (batch.length === 0) throw lost(expected, range.lastSeq);
      for (const [key, bytes] of batch) {
        const record = decodeRecord(bytes, key);
        if (record.firstSeq > range.lastSeq) return;
        if (record.firstSeq !== expected) throw lost(expected, record.firstSeq - 1);
        if (previous !== null && Buffer.compare(record.previous, previous) !== 0) {
          throw damaged(key, "it does not follow the record before it");
        }
        expected = record.firstSeq + record.count;
        previous = record.hash;
        yield record;
      }
    }
  } finally {
    await rows.close();
  }
}

/** The last record whose key is below the given one. */
export async function recordBefore(database: Database, key: string): Promise<JournalRecord | null> {
  const rows = database.iterator({ gt: factsBegin, lt: key, reverse: true, limit: 1 });
  const [row] = await readable(key, rows.all());
  return row === undefined ? null : decodeRecord(row[1], row[0]);
}

/** The result of a read; LevelDB's own complaint about what it read becomes a `JournalError`. */
export async function readable<T>(key: string, reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    throw damaged(key, "the database cannot read it", error);
  }
}
