// The table of open files of one run.
import { WasiError } from "./errno.ts";
import type { Node } from "./nodes.ts";

/** Open files at one time. */
const DESCRIPTORS_MAX = 256;

/** An open file or directory. */
export interface Descriptor {
  readonly node: Node;
  readonly readable: boolean;
  readonly writable: boolean;
  readonly preopened: boolean;
  append: boolean;
  offset: number;
}

/** Numbers are given out as in POSIX: the lowest that is free. */
export class DescriptorTable {
  readonly #open: (Descriptor | undefined)[] = [];

  add(descriptor: Descriptor): number {
    const free = this.#open.indexOf(undefined);
    const number = free < 0 ? this.#open.length : free;
    if (number >= DESCRIPTORS_MAX) throw new WasiError("tooManyFiles");
    this.#open[number] = descriptor;
    if (descriptor.node.kind === "file") descriptor.node.open();
    return number;
  }

  get(number: number): Descriptor {
    const descriptor = this.#open[number];
    if (descriptor === undefined) throw new WasiError("badFileDescriptor");
    return descriptor;
  }

  close(number: number): void {
    const descriptor = this.get(number);
    this.#open[number] = undefined;
    if (descriptor.node.kind === "file") descriptor.node.close();
  }

  /** Makes `to` mean what `from` meant, and closes the old `to`. */
  renumber(from: number, to: number): void {
    const descriptor = this.get(from);
    this.get(to);
    if (from === to) return;
    this.close(to);
    this.#open[to] = descriptor;
    this.#open[from] = undefined;
  }
}
