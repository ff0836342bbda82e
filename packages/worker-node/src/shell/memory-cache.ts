// Small files in memory: the tasks of a job share a program, and an output is read again for its reveal a moment after it was made.
import type { ArtifactStore } from "@starling/node-kit";
import type { ArtifactRef, Cid } from "@starling/protocol";

const TOTAL_BYTES_MAX = 32 * 1024 * 1024;
/** A larger file is read from the store each time. */
const FILE_BYTES_MAX = 8 * 1024 * 1024;

/** The files used last, in front of a store. */
export class MemoryCache {
  readonly #artifacts: ArtifactStore;
  readonly #files = new Map<Cid, Uint8Array>();
  #bytes = 0;

  constructor(artifacts: ArtifactStore) {
    this.#artifacts = artifacts;
  }

  /** The verified bytes of a stored file, which nobody may change. Throws `ArtifactError`. */
  async read({ cid, size }: Pick<ArtifactRef, "cid" | "size">): Promise<Uint8Array> {
    const bytes = this.#files.get(cid) ?? (await this.#artifacts.readAll(cid, size));
    this.keep(cid, bytes);
    return bytes;
  }

  /** Remembers bytes whose id is known to be right. */
  keep(cid: Cid, bytes: Uint8Array): void {
    if (bytes.length > FILE_BYTES_MAX) return;
    this.#bytes += bytes.length - (this.#files.get(cid)?.length ?? 0);
    this.#files.delete(cid);
    this.#files.set(cid, bytes);
    for (const [oldest, content] of this.#files) {
      if (this.#bytes <= TOTAL_BYTES_MAX) return;
      this.#files.delete(oldest);
      this.#bytes -= content.length;
    }
  }
}
