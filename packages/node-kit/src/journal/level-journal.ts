// The journal on LevelDB: the only import of classic-level. Every commit is one synced, atomic batch, witnessed outside the database.
import { closeSync, fsyncSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { assert, type Millis } from "@starling/kernel";
import { ClassicLevel } from "classic-level";
import { errorFields, type Logger, silentLogger } from "../logger.ts";
import { LockedError, lockDirectory, type ProcessLock } from "../process-lock.ts";
import { type AppendReceipt, type Journal, JournalError, type JournalGroup, type JournalSnapshot } from "./journal.ts";
import { damaged, lost, pruned, rolledBack, unwitnessed } from "./journal-errors.ts";
import { chunkKey, epochKey, factKey, factsBegin, factsEnd, manifestKey, schemaKey } from "./level-keys.ts";
import { type Database, readable, readChain, recordBefore } from "./level-reader.ts";
import { CHAIN_START, encodeRecord, hashOfRecord, type JournalRecord } from "./record.ts";
import { openSealed, seal } from "./seal.ts";
import { decodeSnapshot, encodeSnapshot, type SnapshotManifest } from "./snapshot.ts";
import { TailWitness, type WitnessMark } from "./witness.ts";

export interface LevelJournalOptions {
  /** Made when it is not there. Holds the database, the witness and the owner's file. */
  readonly directory: string;
  readonly logger?: Logger;
  /** Opens although facts that were acknowledged are gone. For an operator who has read what `journalLost` says, once. */
  readonly acceptTail?: boolean;
  /** Facts that snapshots make needless stay, for whoever audits them all; the journal grows without bound. Default: false. */
  readonly keepHistory?: boolean;
}

// A record stays small enough to be read, hashed and parsed without a noticeable pause.
const FACTS_PER_RECORD = 1_000;
const SNAPSHOTS_KEPT = 2;
const SCHEMA = { version: 1, minReader: 1 };

/** The journal of one daemon; see `Journal` for the order of calls. */
export class LevelJournal implements Journal {
  readonly #options: LevelJournalOptions;
  readonly #logger: Logger;
  #database: Database | undefined;
  #lock: ProcessLock | undefined;
  #witness: TailWitness | undefined;
  #epoch = 0;
  #lastSeq = 0;
  #lastHash: Uint8Array = CHAIN_START;
  #phase: "closed" | "opened" | "replayed" | "failed" = "closed";
  #busy = false;

  constructor(options: LevelJournalOptions) {
    this.#options = options;
    this.#logger = options.logger ?? silentLogger;
  }

  get epoch(): number {
    return this.#epoch;
  }

  get lastSeq(): number {
    return this.#lastSeq;
  }

  async open(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    assert(this.#phase === "closed", "the journal is open already");
    options.signal?.throwIfAborted();
    const { directory } = this.#options;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    try {
      this.#lock = await lockDirectory(directory);
      this.#database = await openDatabase(join(directory, "level"));
      const { witness, mark } = TailWitness.open(join(directory, "witness"));
      this.#witness = witness;
      await this.#checkSchema();
      await this.#readTail();
      await this.#compare(mark);
      await this.#raiseEpoch(mark);
      syncDirectory(directory);
      this.#phase = "opened";
    } catch (error) {
      await this.#release();
      throw error instanceof LockedError ? new JournalError("journalLocked", error.message, { cause: error }) : error;
    }
  }

  async latestSnapshot(): Promise<JournalSnapshot | null> {
    for (const manifest of await this.#manifests()) {
      try {
        return { seq: manifest.seq, at: manifest.at, state: await this.#loadSnapshot(manifest) };
      } catch (error) {
        // The one before it and the facts since then give the same state.
        this.#logger.error("snapshot is damaged, trying the one before", { seq: manifest.seq, ...errorFields(error) });
      }
    }
    return null;
  }

  async *replay(afterSeq: number, options: { readonly signal?: AbortSignal } = {}): AsyncGenerator<JournalGroup> {
    const previous = afterSeq === 0 ? CHAIN_START : await this.#hashAt(afterSeq);
    const range = { firstSeq: afterSeq + 1, previous, lastSeq: this.#lastSeq, signal: options.signal };
    for await (const record of readChain(this.#open(), range)) yield groupOf(record, 0);
    if (this.#phase === "opened") this.#phase = "replayed";
  }

  async *history(afterSeq: number, options: { readonly signal?: AbortSignal } = {}): AsyncGenerator<JournalGroup> {
    const lastSeq = this.#lastSeq;
    if (afterSeq >= lastSeq) return;
    // The record that holds the next fact may begin before it.
    const first = await recordBefore(this.#open(), factKey(afterSeq + 2));
    if (first === null || first.firstSeq + first.count <= afterSeq + 1) throw pruned(afterSeq + 1);
    const range = { firstSeq: first.firstSeq, previous: null, lastSeq, signal: options.signal };
    for await (const record of readChain(this.#open(), range)) yield groupOf(record, afterSeq);
  }

  async append(facts: readonly string[], at: Millis): Promise<AppendReceipt> {
    assert(this.#phase === "replayed", `the journal cannot append while it is ${this.#phase}`);
    assert(facts.length > 0 && !this.#busy, "one append at a time, of at least one fact");
    this.#busy = true;
    const firstSeq = this.#lastSeq + 1;
    let seq = this.#lastSeq;
    let previous = this.#lastHash;
    let written = 0;
    const puts: { type: "put"; key: string; value: Buffer }[] = [];
    for (let start = 0; start < facts.length; start += FACTS_PER_RECORD) {
      const part = facts.slice(start, start + FACTS_PER_RECORD);
      const value = encodeRecord({ firstSeq: seq + 1, epoch: this.#epoch, at, previous, facts: part });
      puts.push({ type: "put", key: factKey(seq + 1), value });
      seq += part.length;
      previous = hashOfRecord(value);
      written += value.length;
    }
    try {
      await this.#open().batch(puts, { sync: true });
      this.#witness?.mark({ seq, hash: previous, epoch: this.#epoch });
    } catch (error) {
      // Whether the batch is on disk is unknown now: only a new open can tell.
      this.#phase = "failed";
      throw new JournalError(
        "journalWrite",
        "the journal could not be written. Check free space and the disk, then start again",
        { cause: error },
      );
    } finally {
      this.#busy = false;
    }
    this.#lastSeq = seq;
    this.#lastHash = previous;
    return { firstSeq, lastSeq: seq, bytes: written };
  }

  async saveSnapshot(snapshot: JournalSnapshot): Promise<number> {
    assert(this.#phase === "replayed" && snapshot.seq === this.#lastSeq, "a snapshot is taken right after an append");
    const { chunks, manifest } = encodeSnapshot(snapshot, this.#lastHash);
    const database = this.#open();
    let index = 0;
    for (const chunk of chunks) {
      const key = chunkKey(snapshot.seq, index);
      await database.put(key, seal(key, chunk));
      index += 1;
    }
    // The manifest is written last and synced, which syncs what was written before it: without it the chunks do not count.
    const key = manifestKey(snapshot.seq);
    await database.put(key, seal(key, Buffer.from(JSON.stringify(manifest))), { sync: true });
    await this.#prune();
    return manifest.bytes;
  }

  async close(): Promise<void> {
    await this.#release();
    this.#phase = "closed";
  }

  #open(): Database {
    assert(this.#database !== undefined, "the journal is closed");
    return this.#database;
  }

  async #release(): Promise<void> {
    await this.#database?.close();
    this.#witness?.close();
    await this.#lock?.release();
    this.#database = undefined;
    this.#witness = undefined;
    this.#lock = undefined;
  }

  async #checkSchema(): Promise<void> {
    const stored = await this.#sealed(schemaKey);
    if (stored === null) {
      await this.#open().put(schemaKey, seal(schemaKey, Buffer.from(JSON.stringify(SCHEMA))), { sync: true });
      return;
    }
    const schema = stored as typeof SCHEMA;
    if (schema.minReader > SCHEMA.version) {
      throw new JournalError(
        "journalNewer",
        `the journal needs version ${schema.minReader} of the format, this program reads ${SCHEMA.version}; run the newer program`,
      );
    }
  }

  async #sealed(key: string): Promise<unknown> {
    const bytes = await readable(key, this.#open().get(key));
    return bytes === undefined ? null : JSON.parse(openSealed(key, bytes).toString("utf8"));
  }

  async #readTail(): Promise<void> {
    const last = await recordBefore(this.#open(), factsEnd);
    const snapshot = last === null ? (await this.#manifests())[0] : undefined;
    this.#lastSeq = last === null ? (snapshot?.seq ?? 0) : last.firstSeq + last.count - 1;
    this.#lastHash = last?.hash ?? (snapshot === undefined ? CHAIN_START : Buffer.from(snapshot.hash, "hex"));
  }

  // The hash of the record that ends with this fact: from the record itself, or from a snapshot that was taken there.
  async #hashAt(seq: number): Promise<Uint8Array> {
    const record = await recordBefore(this.#open(), factKey(seq + 1));
    if (record !== null && record.firstSeq + record.count - 1 === seq) return record.hash;
    const manifest = (await this.#manifests()).find((one) => one.seq === seq);
    if (manifest === undefined) throw lost(seq, seq);
    return Buffer.from(manifest.hash, "hex");
  }

  async #compare(mark: WitnessMark | null): Promise<void> {
    if (this.#options.acceptTail === true) return;
    if (mark === null) {
      if (this.#lastSeq > 0) throw unwitnessed(this.#options.directory);
      return;
    }
    if (mark.seq > this.#lastSeq) throw lost(this.#lastSeq + 1, mark.seq);
    const found = mark.seq === 0 ? CHAIN_START : await this.#hashAt(mark.seq);
    if (Buffer.compare(found, mark.hash) !== 0)
      throw damaged(factKey(mark.seq), "the tail witness knows another record in its place");
  }

  // Durable in the database first, then in the witness: a witness that is ahead proves that the database went back.
  async #raiseEpoch(mark: WitnessMark | null): Promise<void> {
    const stored = await this.#sealed(epochKey);
    const known = typeof stored === "number" ? stored : 0;
    const witnessed = mark?.epoch ?? 0;
    if (witnessed > known && this.#options.acceptTail !== true) {
      throw rolledBack(known, witnessed);
    }
    this.#epoch = Math.max(known, witnessed) + 1;
    await this.#open().put(epochKey, seal(epochKey, Buffer.from(JSON.stringify(this.#epoch))), { sync: true });
    this.#witness?.mark({ seq: this.#lastSeq, hash: this.#lastHash, epoch: this.#epoch });
    this.#witness?.flush();
  }

  // Newest first; a manifest that does not verify is left out.
  async #manifests(): Promise<SnapshotManifest[]> {
    const found: SnapshotManifest[] = [];
    const rows = this.#open().iterator({ gt: "snapshot/", lt: "snapshot/~", reverse: true });
    for (const [key, bytes] of await readable("snapshot/", rows.all())) {
      try {
        found.push(JSON.parse(openSealed(key, bytes).toString("utf8")) as SnapshotManifest);
      } catch (error) {
        this.#logger.error("snapshot manifest is damaged, trying the one before", { key, ...errorFields(error) });
      }
    }
    return found;
  }

  async #loadSnapshot(manifest: SnapshotManifest): Promise<unknown> {
    const database = this.#open();
    async function* chunks(): AsyncGenerator<Buffer> {
      for (let index = 0; index < manifest.chunks; index += 1) {
        const key = chunkKey(manifest.seq, index);
        const bytes = await readable(key, database.get(key));
        if (bytes === undefined) throw damaged(key, "it is missing");
        yield openSealed(key, bytes);
      }
    }
    return await decodeSnapshot(manifest, chunks());
  }

  // Keeps two snapshots and the facts after the older one at least, so that one damaged snapshot costs nothing.
  async #prune(): Promise<void> {
    const oldest = (await this.#manifests())[SNAPSHOTS_KEPT - 1];
    if (oldest === undefined) return;
    const database = this.#open();
    if (this.#options.keepHistory !== true) await database.clear({ gt: factsBegin, lt: factKey(oldest.seq + 1) });
    await database.clear({ gt: "snapshot/", lt: manifestKey(oldest.seq) });
    await database.clear({ gt: "chunk/", lt: chunkKey(oldest.seq, 0) });
  }
}

// The record's facts after the given one.
function groupOf({ firstSeq, at, epoch, facts }: JournalRecord, afterSeq: number): JournalGroup {
  const known = Math.max(0, afterSeq + 1 - firstSeq);
  return { firstSeq: firstSeq + known, at, epoch, facts: known === 0 ? facts : facts.slice(known) };
}

async function openDatabase(location: string): Promise<Database> {
  const database: Database = new ClassicLevel<string, Buffer>(location, {
    keyEncoding: "utf8",
    valueEncoding: "buffer",
  });
  try {
    await database.open();
  } catch (error) {
    throw new JournalError(
      "journalDamaged",
      `the journal's database ${location} cannot be opened. Check the disk, then restore the data directory from a backup`,
      { cause: error },
    );
  }
  return database;
}

// The names of new files are durable only after their directory is synced.
function syncDirectory(directory: string): void {
  const handle = openSync(directory, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
