// Bounds-checked access to the program's memory, which may move whenever it grows.
import { WasiError } from "./errno.ts";

/** A stretch of guest memory. */
export interface Span {
  readonly pointer: number;
  readonly length: number;
}

/** Scatter lists longer than this are refused; libc uses a handful. */
const VECTORS_MAX = 1_024;

/** Reads and writes guest memory; every address comes from the program and may be anything. */
export class GuestMemory {
  #memory: WebAssembly.Memory | undefined;
  #buffer: ArrayBuffer = new ArrayBuffer(0);
  #bytes: Uint8Array = new Uint8Array(0);
  #view: DataView = new DataView(new ArrayBuffer(0));

  /** Bound after instantiation, since the program itself makes the memory. */
  bind(memory: WebAssembly.Memory): void {
    this.#memory = memory;
  }

  get size(): number {
    return this.#memory?.buffer.byteLength ?? 0;
  }

  #refresh(): void {
    const buffer = this.#memory?.buffer;
    if (buffer === undefined) throw new WasiError("fault");
    if (buffer === this.#buffer) return;
    this.#buffer = buffer;
    this.#bytes = new Uint8Array(buffer);
    this.#view = new DataView(buffer);
  }

  /** A view of guest bytes, valid until the program runs again. */
  span(pointer: number, length: number): Uint8Array {
    this.#refresh();
    const from = pointer >>> 0;
    const count = length >>> 0;
    if (from + count > this.#bytes.length) throw new WasiError("fault");
    return this.#bytes.subarray(from, from + count);
  }

  #at(pointer: number, length: number): number {
    this.#refresh();
    const from = pointer >>> 0;
    if (from + length > this.#bytes.length) throw new WasiError("fault");
    return from;
  }

  getU32(pointer: number): number {
    const at = this.#at(pointer, 4);
    return this.#view.getUint32(at, true);
  }

  setU8(pointer: number, value: number): void {
    const at = this.#at(pointer, 1);
    this.#view.setUint8(at, value);
  }

  setU16(pointer: number, value: number): void {
    const at = this.#at(pointer, 2);
    this.#view.setUint16(at, value, true);
  }

  setU32(pointer: number, value: number): void {
    const at = this.#at(pointer, 4);
    this.#view.setUint32(at, value, true);
  }

  setU64(pointer: number, value: bigint): void {
    const at = this.#at(pointer, 8);
    this.#view.setBigUint64(at, value, true);
  }

  write(pointer: number, bytes: Uint8Array): void {
    this.span(pointer, bytes.length).set(bytes);
  }

  text(pointer: number, length: number): string {
    return new TextDecoder().decode(this.span(pointer, length));
  }

  /** A scatter or gather list. */
  vectors(pointer: number, count: number): Span[] {
    if (count >>> 0 > VECTORS_MAX) throw new WasiError("invalid");
    const spans: Span[] = [];
    for (let i = 0; i < count; i += 1) {
      const at = (pointer >>> 0) + 8 * i;
      spans.push({ pointer: this.getU32(at), length: this.getU32(at + 4) });
    }
    return spans;
  }
}
