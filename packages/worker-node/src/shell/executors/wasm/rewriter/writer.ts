// A growing byte buffer with WebAssembly's primitive encodings, for the rewriter and for built-in programs.

/** Appends bytes; grows by doubling. */
export class Writer {
  #bytes: Uint8Array = new Uint8Array(256);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  #reserve(count: number): void {
    if (this.#size + count <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#size + count));
    grown.set(this.#bytes.subarray(0, this.#size));
    this.#bytes = grown;
  }

  byte(...values: readonly number[]): this {
    this.#reserve(values.length);
    for (const value of values) {
      this.#bytes[this.#size] = value;
      this.#size += 1;
    }
    return this;
  }

  raw(bytes: Uint8Array): this {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#size);
    this.#size += bytes.length;
    return this;
  }

  /** Unsigned LEB128. */
  u32(value: number): this {
    let rest = value;
    while (rest >= 0x80) {
      this.byte((rest % 0x80) + 0x80);
      rest = Math.floor(rest / 0x80);
    }
    return this.byte(rest);
  }

  /** Signed LEB128 of a 32-bit integer. */
  s32(value: number): this {
    let rest = value | 0;
    for (;;) {
      const low = rest & 0x7f;
      rest >>= 7;
      if ((rest === 0 && low < 0x40) || (rest === -1 && low >= 0x40)) return this.byte(low);
      this.byte(low | 0x80);
    }
  }

  /** A UTF-8 name with its length. */
  name(text: string): this {
    return this.sized(new TextEncoder().encode(text));
  }

  /** Bytes with their length before them. */
  sized(bytes: Uint8Array): this {
    return this.u32(bytes.length).raw(bytes);
  }

  /** The bytes so far. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#size);
  }
}
