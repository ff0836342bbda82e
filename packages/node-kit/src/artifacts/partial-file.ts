// A download that survives a restart: what the disk holds is verified again instead of trusted.
import type { FileHandle } from "node:fs/promises";
import { type Cid, type ContentManifest, chunkSize } from "@starling/protocol";
import { ArtifactError, type ArtifactInfo, type PartialArtifact } from "./artifact-store.ts";
import { hashChunk } from "./chunk-hasher.ts";
import { writeAt } from "./disk-files.ts";

/** What the store does at the end of a download. */
export interface PartialEnd {
  finish(): Promise<ArtifactInfo>;
  close(discard: boolean): Promise<void>;
}

/** One download; several callers may share it. */
export class PartialFile implements PartialArtifact {
  readonly cid: Cid;
  readonly #manifest: ContentManifest;
  readonly #file: FileHandle;
  readonly #end: PartialEnd;
  // One byte per chunk, 1 for what is on disk and verified.
  readonly #bitmap: Uint8Array;
  #left: number;

  constructor(
    cid: Cid,
    manifest: ContentManifest,
    { file, end }: { readonly file: FileHandle; readonly end: PartialEnd },
  ) {
    this.cid = cid;
    this.#manifest = manifest;
    this.#file = file;
    this.#end = end;
    this.#bitmap = new Uint8Array(manifest.chunks.length);
    this.#left = manifest.chunks.length;
  }

  get size(): number {
    return this.#manifest.size;
  }

  get isComplete(): boolean {
    return this.#left === 0;
  }

  /** Finds the chunks that an earlier life wrote. A bitmap on disk could be ahead of the chunks after a power cut; hashes cannot. */
  async findChunks(): Promise<void> {
    const { size } = await this.#file.stat();
    const buffer = Buffer.allocUnsafe(Math.min(chunkSize, Math.max(size, 1)));
    for (const [index, expected] of this.#manifest.chunks.entries()) {
      const length = this.#lengthOf(index);
      if (index * chunkSize + length > size) break;
      const { bytesRead } = await this.#file.read(buffer, 0, length, index * chunkSize);
      if (bytesRead === length && hashChunk(buffer.subarray(0, length)) === expected) this.#mark(index);
    }
  }

  missing(): number[] {
    const indices: number[] = [];
    for (const [index, present] of this.#bitmap.entries()) if (present === 0) indices.push(index);
    return indices;
  }

  async writeChunk(index: number, bytes: Uint8Array): Promise<void> {
    const expected = this.#manifest.chunks[index];
    if (expected === undefined || bytes.length !== this.#lengthOf(index) || hashChunk(bytes) !== expected) {
      throw new ArtifactError(
        "artifactCorrupt",
        `chunk ${index} of ${this.cid} has other bytes than its manifest says. Fetch it from somebody else`,
      );
    }
    if (this.#bitmap[index] === 1) return;
    await writeAt(this.#file, bytes, index * chunkSize);
    this.#mark(index);
  }

  async finish(): Promise<ArtifactInfo> {
    if (!this.isComplete)
      throw new ArtifactError(
        "artifactNotFound",
        `${this.cid} still lacks ${this.#left} chunks. Fetch those that missing() names first`,
      );
    return await this.#end.finish();
  }

  async close(options: { readonly discard?: boolean } = {}): Promise<void> {
    await this.#end.close(options.discard === true);
  }

  #lengthOf(index: number): number {
    return Math.min(chunkSize, this.#manifest.size - index * chunkSize);
  }

  #mark(index: number): void {
    if (this.#bitmap[index] === 1) return;
    this.#bitmap[index] = 1;
    this.#left -= 1;
  }
}
