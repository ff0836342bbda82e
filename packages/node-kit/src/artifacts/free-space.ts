// Free space of the disk, asked seldom: asking at every put would cost as much as a small put.
import { statfs } from "node:fs/promises";
import { ArtifactError } from "./artifact-store.ts";

const CHECK_EVERY_BYTES = 16 * 1024 * 1024;

/** Keeps some space of a disk for others. */
export class FreeSpace {
  readonly #directory: string;
  readonly #bytesMin: number;
  #unchecked = Number.POSITIVE_INFINITY;

  constructor(directory: string, bytesMin: number) {
    this.#directory = directory;
    this.#bytesMin = bytesMin;
  }

  /** Throws `storageFull` when so many bytes more would leave too little. */
  async demand(bytes: number): Promise<void> {
    this.#unchecked += bytes;
    if (this.#unchecked < CHECK_EVERY_BYTES) return;
    const { bavail, bsize } = await statfs(this.#directory);
    if (bavail * bsize - bytes < this.#bytesMin) {
      throw new ArtifactError(
        "storageFull",
        `the disk of the artifact store has less than ${this.#bytesMin} bytes left. Free some space`,
      );
    }
    this.#unchecked = 0;
  }
}
