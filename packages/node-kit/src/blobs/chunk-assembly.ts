// Puts pieces of a file together into chunks, which are what hashes are over.
import { type ContentManifest, chunkSize } from "@starling/protocol";
import { BlobError } from "./blob-error.ts";

/** A whole chunk and its place in the file. */
export interface Chunk {
  readonly index: number;
  readonly bytes: Uint8Array;
}

/** The length of a chunk: all but the last are full. */
export function chunkLength(manifest: ContentManifest, index: number): number {
  return Math.min(chunkSize, manifest.size - index * chunkSize);
}

/** Takes a file's pieces in order; holds one chunk at most. */
export class ChunkAssembly {
  readonly #manifest: ContentManifest;
  #index = 0;
  #buffer: Uint8Array;
  #filled = 0;

  constructor(manifest: ContentManifest) {
    this.#manifest = manifest;
    this.#buffer = new Uint8Array(chunkLength(manifest, 0));
  }

  /** True when every byte that the manifest announces came. */
  get isComplete(): boolean {
    return this.#index === this.#manifest.chunks.length;
  }

  /** The chunks that this piece completes. Throws when the file is longer than announced. */
  add(piece: Uint8Array): readonly Chunk[] {
    const chunks: Chunk[] = [];
    let offset = 0;
    while (offset < piece.length) {
      if (this.isComplete) throw new BlobError("badFrame", "more bytes came than the manifest announces");
      const taken = piece.subarray(offset, offset + this.#buffer.length - this.#filled);
      this.#buffer.set(taken, this.#filled);
      this.#filled += taken.length;
      offset += taken.length;
      if (this.#filled === this.#buffer.length) chunks.push(this.#next());
    }
    return chunks;
  }

  /** The one empty chunk of an empty file, which no piece completes. */
  empty(): readonly Chunk[] {
    return this.#manifest.size === 0 && !this.isComplete ? [this.#next()] : [];
  }

  #next(): Chunk {
    const chunk = { index: this.#index, bytes: this.#buffer };
    this.#index += 1;
    this.#filled = 0;
    // A fresh buffer: the last one belongs to whoever writes it.
    this.#buffer = new Uint8Array(this.isComplete ? 0 : chunkLength(this.#manifest, this.#index));
    return chunk;
  }
}

/** Cuts bytes into pieces that fit a frame. */
export function* piecesOf(bytes: Uint8Array, pieceBytes: number): Generator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += pieceBytes) yield bytes.subarray(start, start + pieceBytes);
}
