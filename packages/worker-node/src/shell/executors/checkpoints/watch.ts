// One attempt's checkpoints: looked for when the program tells progress, at most so often, and once more when it is dead.
import { constants, type FileHandle, open } from "node:fs/promises";
import { type CheckpointTerms, limits } from "@starling/protocol";
import type { CheckpointFiles, RunOptions } from "../executor.ts";
import { layCheckpoint, readCheckpoints } from "./folder.ts";

/** How an attempt is watched. */
export interface CheckpointWatchOptions {
  readonly terms: CheckpointTerms;
  /** Where it goes on. */
  readonly resume: CheckpointFiles | undefined;
  readonly tell: NonNullable<RunOptions["onCheckpoints"]>;
}

/** Watches one folder from before the attempt until after its end. */
export class CheckpointWatch {
  readonly #options: CheckpointWatchOptions;
  #folder: FileHandle | undefined;
  #last: number;
  #lookedAt = performance.now();
  #looking: Promise<void> = Promise.resolve();

  constructor(options: CheckpointWatchOptions) {
    this.#options = options;
    this.#last = options.resume?.step ?? -1;
  }

  /** The folder stands, and the program doesn't run yet. It is kept by its descriptor: nothing that is done to names above matters. */
  async open(path: string): Promise<void> {
    const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
    this.#folder = await open(path, flags);
    const { resume } = this.#options;
    if (resume !== undefined) await layCheckpoint(this.#path(), resume);
    this.#lookedAt = performance.now();
  }

  /** The program has said something: often it has just written a checkpoint. */
  progressed(): void {
    const now = performance.now();
    if (this.#folder === undefined || now - this.#lookedAt < this.#options.terms.everyMs) return;
    this.#lookedAt = now;
    this.#looking = this.#looking.then(() => this.#look());
  }

  /** The program is dead: what it left last is told too. */
  async finish(): Promise<void> {
    await this.#looking;
    if (this.#folder !== undefined) await this.#look();
  }

  /** Safe to call twice. */
  async close(): Promise<void> {
    await this.#looking;
    const folder = this.#folder;
    this.#folder = undefined;
    await folder?.close();
  }

  // A checkpoint that can't be read is none: the attempt goes on, or its next one begins further back.
  async #look(): Promise<void> {
    try {
      const bounds = { after: this.#last, most: limits.checkpointsTold, bytesMax: this.#options.terms.bytes };
      const found = await readCheckpoints(this.#path(), bounds);
      const [newest] = found;
      if (newest === undefined) return;
      this.#last = newest.step;
      await this.#options.tell([...found].reverse());
    } catch {
      return;
    }
  }

  #path(): string {
    return `/proc/self/fd/${this.#folder?.fd}`;
  }
}
