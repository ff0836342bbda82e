// The tail witness: a small file beside the database that knows how far the journal had come, because LevelDB opens with losses silently.
import { hash } from "node:crypto";
import { closeSync, fdatasync, fdatasyncSync, openSync, readSync, writeSync } from "node:fs";
import { JournalError } from "./journal.ts";

/** The newest fact that was acknowledged. */
export interface WitnessMark {
  readonly seq: number;
  /** The hash of the record that ends with it. */
  readonly hash: Uint8Array;
  readonly epoch: number;
}

// Two slots are written in turn, so that a torn write leaves the mark before it. Each slot has its own sector.
const SLOT_BYTES = 512;
const BODY_BYTES = 8 + 8 + 32;
const CHECK_BYTES = 16;
const SYNC_EVERY_MS = 1_000;

/** Opened once per process; `mark` is cheap enough for every commit. */
export class TailWitness {
  readonly #file: number;
  readonly #path: string;
  #slot: 0 | 1 = 0;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  private constructor(file: number, path: string) {
    this.#file = file;
    this.#path = path;
  }

  /** Opens or creates the file and reads the newest mark; null when the file is new. Throws `JournalError` when both slots are damaged. */
  static open(path: string): { readonly witness: TailWitness; readonly mark: WitnessMark | null } {
    const file = openSync(path, "a+", 0o600);
    closeSync(file);
    const witness = new TailWitness(openSync(path, "r+"), path);
    return { witness, mark: witness.#read() };
  }

  /** Writes the mark into the page cache now and onto the disk within a second: enough against `kill -9` at once, and against a power cut soon. */
  mark(mark: WitnessMark): void {
    writeSync(this.#file, encodeMark(mark), 0, BODY_BYTES + CHECK_BYTES, this.#slot * SLOT_BYTES);
    this.#slot = this.#slot === 0 ? 1 : 0;
    if (this.#timer === undefined) {
      this.#timer = setTimeout(() => this.#sync(), SYNC_EVERY_MS);
      this.#timer.unref();
    }
  }

  /** Forces the marks onto the disk. */
  flush(): void {
    fdatasyncSync(this.#file);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    fdatasyncSync(this.#file);
    closeSync(this.#file);
  }

  #sync(): void {
    this.#timer = undefined;
    // The callback needs no error handling: a failing disk fails the next synced commit, which stops the process.
    if (!this.#closed) fdatasync(this.#file, () => undefined);
  }

  #read(): WitnessMark | null {
    const bytes = Buffer.alloc(2 * SLOT_BYTES);
    const length = readSync(this.#file, bytes, 0, bytes.length, 0);
    if (length === 0) return null;
    const marks = [decodeMark(bytes.subarray(0, SLOT_BYTES)), decodeMark(bytes.subarray(SLOT_BYTES))] as const;
    const [first, second] = marks;
    if (first === null && second === null) {
      throw new JournalError(
        "journalDamaged",
        `the tail witness ${this.#path} is damaged in both slots, so lost facts could not be noticed. Check the disk and restore the data directory from a backup`,
        { details: { path: this.#path } },
      );
    }
    const newest = newer(first, second);
    this.#slot = newest === first ? 1 : 0;
    return newest;
  }
}

function newer(a: WitnessMark | null, b: WitnessMark | null): WitnessMark | null {
  if (a === null || b === null) return a ?? b;
  return a.epoch > b.epoch || (a.epoch === b.epoch && a.seq >= b.seq) ? a : b;
}

function encodeMark(mark: WitnessMark): Buffer {
  const bytes = Buffer.alloc(BODY_BYTES + CHECK_BYTES);
  bytes.writeBigUInt64BE(BigInt(mark.seq), 0);
  bytes.writeBigUInt64BE(BigInt(mark.epoch), 8);
  bytes.set(mark.hash, 16);
  bytes.set(hash("sha256", bytes.subarray(0, BODY_BYTES), "buffer").subarray(0, CHECK_BYTES), BODY_BYTES);
  return bytes;
}

function decodeMark(slot: Buffer): WitnessMark | null {
  const check = hash("sha256", slot.subarray(0, BODY_BYTES), "buffer").subarray(0, CHECK_BYTES);
  if (!check.equals(slot.subarray(BODY_BYTES, BODY_BYTES + CHECK_BYTES))) return null;
  return {
    seq: Number(slot.readBigUInt64BE(0)),
    epoch: Number(slot.readBigUInt64BE(8)),
    hash: Uint8Array.from(slot.subarray(16, BODY_BYTES)),
  };
}
