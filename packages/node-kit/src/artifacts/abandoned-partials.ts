// Downloads that broke off: kept so that they can go on, within a budget, since whoever uploads may break off on purpose.
import { rmSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Cid, isCid } from "@starling/protocol";

/** Files of one directory, named after the content that they are to become. */
export class AbandonedPartials {
  readonly #directory: string;
  readonly #bytesMax: number;
  // In the order in which they were given up: the first has to go first.
  readonly #sizes = new Map<Cid, number>();
  #bytes = 0;

  constructor(directory: string, bytesMax: number) {
    this.#directory = directory;
    this.#bytesMax = bytesMax;
  }

  /** Where the download of that content is written. */
  path(cid: Cid): string {
    return join(this.#directory, cid.slice(4));
  }

  /** Finds what earlier lives left behind, oldest first. */
  async load(): Promise<void> {
    const found: { readonly cid: Cid; readonly size: number; readonly mtimeMs: number }[] = [];
    for (const name of await readdir(this.#directory)) {
      const cid = `cid:${name}`;
      if (!isCid(cid)) continue;
      const { size, mtimeMs } = await stat(this.path(cid));
      found.push({ cid, size, mtimeMs });
    }
    found.sort((a, b) => a.mtimeMs - b.mtimeMs);
    for (const { cid, size } of found) this.keep(cid, size);
  }

  /** The download goes on: its file is no longer ours to remove. */
  take(cid: Cid): void {
    this.#bytes -= this.#sizes.get(cid) ?? 0;
    this.#sizes.delete(cid);
  }

  /** The download broke off; the oldest ones make room. */
  keep(cid: Cid, size: number): void {
    this.take(cid);
    this.#sizes.set(cid, size);
    this.#bytes += size;
    for (const oldest of this.#sizes.keys()) {
      if (this.#bytes <= this.#bytesMax) break;
      this.take(oldest);
      // At once, so that nobody opens it again in between.
      rmSync(this.path(oldest), { force: true });
    }
  }
}
