// What the store holds, in the order of use: which file has to go when the budget is spent.
import type { Cid } from "@starling/protocol";
import { ArtifactError } from "./artifact-store.ts";

/** Sizes, pins and order of use; no files. */
export class ArtifactIndex {
  readonly #bytesMax: number;
  // A map keeps the order of insertion, so the first key is the one that was used longest ago.
  readonly #sizes = new Map<Cid, number>();
  readonly #pins = new Map<Cid, number>();
  #bytes = 0;
  #reserved = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get bytesMax(): number {
    return this.#bytesMax;
  }

  get count(): number {
    return this.#sizes.size;
  }

  get pinned(): number {
    return this.#pins.size;
  }

  size(cid: Cid): number | undefined {
    return this.#sizes.get(cid);
  }

  add(cid: Cid, size: number): void {
    this.delete(cid);
    this.#sizes.set(cid, size);
    this.#bytes += size;
  }

  /** Makes it the most recently used one. */
  touch(cid: Cid): void {
    const size = this.#sizes.get(cid);
    if (size === undefined) return;
    this.#sizes.delete(cid);
    this.#sizes.set(cid, size);
  }

  delete(cid: Cid): boolean {
    const size = this.#sizes.get(cid);
    if (size === undefined) return false;
    this.#bytes -= size;
    return this.#sizes.delete(cid);
  }

  pin(cid: Cid): void {
    this.#pins.set(cid, (this.#pins.get(cid) ?? 0) + 1);
  }

  unpin(cid: Cid): void {
    const pins = (this.#pins.get(cid) ?? 0) - 1;
    if (pins > 0) this.#pins.set(cid, pins);
    else this.#pins.delete(cid);
  }

  /** Sets room aside and names the files that must go for it; throws `storageFull`, and changes nothing then. */
  reserve(bytes: number): Cid[] {
    let excess = this.#bytes + this.#reserved + bytes - this.#bytesMax;
    const victims: Cid[] = [];
    for (const [cid, size] of this.#sizes) {
      if (excess <= 0) break;
      if (this.#pins.has(cid)) continue;
      victims.push(cid);
      excess -= size;
    }
    if (excess > 0) {
      throw new ArtifactError(
        "storageFull",
        `the artifact store has no room for ${bytes} more bytes of its ${this.#bytesMax}: all it holds is in use. Give it more, or wait until jobs end`,
      );
    }
    this.#reserved += bytes;
    return victims;
  }

  release(bytes: number): void {
    this.#reserved -= bytes;
  }
}
