// The in-memory file system: directories and files with byte and inode quotas, no links, no host files.
import { sizeText } from "../../size-text.ts";
import { RunFailure } from "../failure.ts";
import { WasiError } from "./errno.ts";

/** A tree with its own quota, as if it were mounted: `/in`, `/out`, `/tmp`, `/ckpt`. */
export class Volume {
  readonly name: string;
  readonly writable: boolean;
  /** What happens at the quota: the program sees "no space left", or the run fails at once. */
  readonly atQuota: "refuse" | "fail";
  readonly #bytesMax: number;
  readonly #inodesMax: number;
  #bytes = 0;
  #inodes = 0;

  constructor(name: string, writable: boolean, quota: { bytes: number; inodes: number; at: "refuse" | "fail" }) {
    this.name = name;
    this.writable = writable;
    this.#bytesMax = quota.bytes;
    this.#inodesMax = quota.inodes;
    this.atQuota = quota.at;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes that a file may have when it takes everything that is left. */
  get bytesLeft(): number {
    return this.#bytesMax - this.#bytes;
  }

  claimBytes(count: number): void {
    if (this.#bytes + count > this.#bytesMax) this.#refuse(`more than ${sizeText(this.#bytesMax)}`);
    this.#bytes += count;
  }

  releaseBytes(count: number): void {
    this.#bytes -= count;
  }

  claimInode(): void {
    if (this.#inodes + 1 > this.#inodesMax) this.#refuse(`more than ${this.#inodesMax} files and directories`);
    this.#inodes += 1;
  }

  releaseInode(): void {
    this.#inodes -= 1;
  }

  #refuse(what: string): never {
    if (this.atQuota === "refuse") throw new WasiError("noSpace");
    throw new RunFailure("outputTooLarge", `it wrote ${what} under /${this.name}`);
  }
}

let inodes = 0n;

// Inode numbers are visible to programs, so they count from zero again in every run.
function nextInode(): bigint {
  inodes += 1n;
  return inodes;
}

/** Starts inode numbers afresh; called at the start of a run. */
export function resetInodes(): void {
  inodes = 0n;
}

/** A file's bytes. The quota is held until the file is both unlinked and closed. */
export class RegularFile {
  readonly kind = "file";
  readonly inode = nextInode();
  readonly volume: Volume;
  #content: Uint8Array;
  #size: number;
  #links = 1;
  #opens = 0;

  /** Takes `content` as it is, without a copy: the inputs of a task. */
  constructor(volume: Volume, content: Uint8Array = new Uint8Array(0)) {
    this.volume = volume;
    this.#content = content;
    this.#size = content.length;
    volume.claimInode();
    volume.claimBytes(content.length);
  }

  get size(): number {
    return this.#size;
  }

  /** A view of the content. */
  bytes(): Uint8Array {
    return this.#content.subarray(0, this.#size);
  }

  read(offset: number, into: Uint8Array): number {
    if (offset >= this.#size) return 0;
    const count = Math.min(into.length, this.#size - offset);
    into.set(this.#content.subarray(offset, offset + count));
    return count;
  }

  write(offset: number, from: Uint8Array): void {
    const end = offset + from.length;
    if (end > this.#size) this.resize(end);
    this.#content.set(from, offset);
  }

  /** Grows with zeros or cuts. The quota is checked first, so a huge size costs nothing. */
  resize(size: number): void {
    if (size > this.#size) {
      this.volume.claimBytes(size - this.#size);
      this.#grow(size);
    } else {
      this.volume.releaseBytes(this.#size - size);
      this.#content.fill(0, size, this.#size);
    }
    this.#size = size;
  }

  // Doubling keeps appending linear; it never goes beyond what the quota could ever fill.
  #grow(size: number): void {
    if (size <= this.#content.length) return;
    const most = size + this.volume.bytesLeft;
    const grown = new Uint8Array(Math.max(size, Math.min(this.#content.length * 2, most), Math.min(4_096, most)));
    grown.set(this.#content.subarray(0, this.#size));
    this.#content = grown;
  }

  open(): void {
    this.#opens += 1;
  }

  close(): void {
    this.#opens -= 1;
    this.#releaseIfGone();
  }

  unlink(): void {
    this.#links -= 1;
    this.#releaseIfGone();
  }

  #releaseIfGone(): void {
    if (this.#links > 0 || this.#opens > 0) return;
    this.volume.releaseBytes(this.#size);
    this.volume.releaseInode();
    this.#content = new Uint8Array(0);
    this.#size = 0;
  }
}

/** A directory; entries keep the order of their making, so that listing is deterministic. */
export class Directory {
  readonly kind = "directory";
  readonly inode = nextInode();
  readonly volume: Volume;
  readonly entries = new Map<string, Node>();

  constructor(volume: Volume) {
    this.volume = volume;
    volume.claimInode();
  }
}

/** A file that takes bytes and keeps none: standard output, standard error, `/progress`. */
export class Sink {
  readonly kind = "sink";
  readonly inode = nextInode();
  readonly take: (bytes: Uint8Array) => void;

  constructor(take: (bytes: Uint8Array) => void) {
    this.take = take;
  }
}

export type Node = RegularFile | Directory | Sink;
