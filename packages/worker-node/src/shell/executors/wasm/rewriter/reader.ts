// A bounds-checked cursor over untrusted module bytes. Everything that it can't read is a `Malformed`.

/** The bytes are no module that we take; the message says where and why, for the program's author. */
export class Malformed extends Error {
  override readonly name = "Malformed";
}

/** Reads WebAssembly's primitive encodings, each in one direction and never beyond the end. */
export class Reader {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  position: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.start = start;
    this.position = start;
    this.end = end;
  }

  get done(): boolean {
    return this.position >= this.end;
  }

  /** Stops with the present position in the message, or with that of what was read before. */
  fail(message: string, position: number = this.position): never {
    throw new Malformed(`${message} (at byte ${position})`);
  }

  byte(): number {
    const value = this.bytes[this.position];
    if (this.position >= this.end || value === undefined) this.fail("unexpected end");
    this.position += 1;
    return value;
  }

  skip(count: number): void {
    if (count > this.end - this.position) this.fail("unexpected end");
    this.position += count;
  }

  /** A view of the next bytes. */
  take(count: number): Uint8Array {
    const from = this.position;
    this.skip(count);
    return this.bytes.subarray(from, from + count);
  }

  /** An unsigned 32-bit LEB128 integer of at most five bytes. */
  u32(): number {
    let result = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      if (shift === 28 && byte > 0x0f) this.fail("integer is longer than 32 bits");
      result += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return result;
    }
    return this.fail("integer is longer than 32 bits");
  }

  /** A signed 33-bit LEB128 integer that isn't negative: an index where a type may stand too. */
  s33(): number {
    let result = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      result += (byte & 0x7f) * 2 ** shift;
      if (byte >= 0x80) continue;
      if ((byte & 0x40) !== 0 || result > 0xffff_ffff) this.fail("an index that is negative or too large");
      return result;
    }
    return this.fail("integer is longer than 33 bits");
  }

  /** Skips a signed LEB128 integer of at most that many bytes; the engine checks its value. */
  skipSigned(maxBytes: number): void {
    for (let i = 0; i < maxBytes; i += 1) {
      if (this.byte() < 0x80) return;
    }
    this.fail("integer is too long");
  }

  /** A vector's length, refused above a cap so that no count can make us allocate without bytes behind it. */
  count(max: number, what: string): number {
    const count = this.u32();
    if (count > max) this.fail(`${count} ${what}, the limit is ${max}`);
    return count;
  }

  /** A UTF-8 name. */
  name(): string {
    const bytes = this.take(this.count(100_000, "bytes in a name"));
    try {
      return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    } catch {
      return this.fail("a name is not valid UTF-8");
    }
  }

  /** A cursor over the next bytes, which this one skips. */
  slice(count: number): Reader {
    const from = this.position;
    this.skip(count);
    return new Reader(this.bytes, from, from + count);
  }
}
