// Bytes that are read in parts and as often as needed, from memory or from a file: images are never held whole.
import { createReadStream } from "node:fs";

/** Pieces of this size are hashed and unpacked without keeping others waiting. */
const PIECE_BYTES = 256 * 1024;

/** Bytes somewhere, read from their beginning in pieces. */
export interface Content {
  readonly size: number;
  read(): AsyncIterable<Uint8Array>;
}

/** Bytes that can be read from one place up to another. */
export interface Stored extends Content {
  read(from?: number, to?: number): AsyncIterable<Uint8Array>;
}

/** Bytes in memory. */
export function inMemory(bytes: Uint8Array): Stored {
  return {
    size: bytes.length,
    async *read(from = 0, to = bytes.length) {
      for (let at = from; at < to; at += PIECE_BYTES) yield bytes.subarray(at, Math.min(to, at + PIECE_BYTES));
    },
  };
}

/** A file of this size that nobody changes. */
export function inFile(path: string, size: number): Stored {
  return {
    size,
    async *read(from = 0, to = size) {
      if (from < to) yield* createReadStream(path, { start: from, end: to - 1, highWaterMark: PIECE_BYTES });
    },
  };
}

/** A part of other bytes. */
export function partOf(whole: Stored, at: number, size: number): Stored {
  return { size, read: (from = 0, to = size) => whole.read(at + from, at + to) };
}

/** Small content as a whole, or null where it has more than so many bytes. */
export async function readWhole(content: Content, bytesMax: number): Promise<Buffer | null> {
  if (content.size > bytesMax) return null;
  const pieces: Uint8Array[] = [];
  for await (const piece of content.read()) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** Takes bytes from pieces in order. */
export class PieceReader {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #piece: Buffer = Buffer.alloc(0);

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  /** So many bytes, or fewer at the end. */
  async take(count: number): Promise<Buffer> {
    if (this.#piece.length >= count) return this.#cut(count);
    const parts: Buffer[] = [];
    let missing = count;
    while (missing > 0 && (this.#piece.length > 0 || (await this.#next()))) {
      const part = this.#cut(Math.min(missing, this.#piece.length));
      parts.push(part);
      missing -= part.length;
    }
    return Buffer.concat(parts);
  }

  /** Passes over so many bytes; tells how many there were. */
  async skip(count: number): Promise<number> {
    let passed = 0;
    while (passed < count && (this.#piece.length > 0 || (await this.#next())))
      passed += this.#cut(Math.min(count - passed, this.#piece.length)).length;
    return passed;
  }

  /** Lets go of where the pieces come from. */
  async close(): Promise<void> {
    await this.#pieces.return?.();
  }

  #cut(count: number): Buffer {
    const part = this.#piece.subarray(0, count);
    this.#piece = this.#piece.subarray(count);
    return part;
  }

  async #next(): Promise<boolean> {
    const { value, done } = await this.#pieces.next();
    if (done === true) return false;
    this.#piece = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    return true;
  }
}
