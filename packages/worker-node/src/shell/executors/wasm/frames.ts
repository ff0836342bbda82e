// Messages between the daemon and a sandbox: a JSON header and binary parts, with all lengths in front.

/** Parts of one frame, and bytes of a header: bounds that both sides keep. */
const FRAME_PARTS_MAX = 10_000;
const FRAME_HEADER_MAX = 4 * 1024 * 1024;

/** One message. */
export interface Frame {
  readonly header: unknown;
  readonly parts: readonly Uint8Array[];
}

/** The frame as buffers to write one after the other; parts are not copied. */
export function encodeFrame(header: unknown, parts: readonly Uint8Array[] = []): Uint8Array[] {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const head = new Uint8Array(8 + 4 * parts.length + text.length);
  const view = new DataView(head.buffer);
  view.setUint32(0, text.length, true);
  view.setUint32(4, parts.length, true);
  for (const [i, part] of parts.entries()) view.setUint32(8 + 4 * i, part.length, true);
  head.set(text, 8 + 4 * parts.length);
  return [head, ...parts.filter((part) => part.length > 0)];
}

/** Checks the two numbers that start a frame. */
export function checkPrefix(headerBytes: number, parts: number): void {
  if (headerBytes > FRAME_HEADER_MAX || parts > FRAME_PARTS_MAX) throw new RangeError("a frame is too large");
}

/** The header's text, parsed. */
export function parseHeader(bytes: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(bytes)) as unknown;
}

/**
 * Assembles frames from a stream of chunks. The sender is not trusted: a frame above `bytesMax` throws before anything is
 * allocated for it.
 */
export class FrameAssembler {
  readonly #chunks: Uint8Array[] = [];
  #buffered = 0;
  /** Lower it or raise it before each exchange to what the next message may weigh. */
  bytesMax: number;

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  push(chunk: Uint8Array): void {
    // A plain view, so that a caller never gets one kind of bytes at one time and another at another.
    this.#chunks.push(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length));
    this.#buffered += chunk.length;
  }

  /** The next whole frame, if there is one. */
  next(): Frame | undefined {
    if (this.#buffered < 8) return undefined;
    const prefix = view(this.#peek(8));
    const headerBytes = prefix.getUint32(0, true);
    const parts = prefix.getUint32(4, true);
    checkPrefix(headerBytes, parts);
    const headBytes = 8 + 4 * parts + headerBytes;
    if (this.#buffered < 8 + 4 * parts) return undefined;
    const sizes: number[] = [];
    const table = view(this.#peek(8 + 4 * parts));
    for (let i = 0; i < parts; i += 1) sizes.push(table.getUint32(8 + 4 * i, true));
    const total = sizes.reduce((sum, size) => sum + size, headBytes);
    if (total > this.bytesMax) throw new RangeError(`a frame of ${total} bytes, the limit is ${this.bytesMax}`);
    if (this.#buffered < total) return undefined;
    return this.#cut(total, headerBytes, sizes);
  }

  #cut(total: number, headerBytes: number, sizes: readonly number[]): Frame {
    const bytes = this.#peek(total);
    const rest = bytes.subarray(total);
    this.#chunks.length = 0;
    if (rest.length > 0) this.#chunks.push(rest);
    this.#buffered = rest.length;
    let at = 8 + 4 * sizes.length;
    const header = parseHeader(bytes.subarray(at, at + headerBytes));
    at += headerBytes;
    const parts = sizes.map((size) => {
      at += size;
      return bytes.subarray(at - size, at);
    });
    return { header, parts };
  }

  // Joins the chunks when the first one is too short; large frames are joined once, when they are complete.
  #peek(count: number): Uint8Array {
    const first = this.#chunks[0];
    if (first !== undefined && first.length >= count) return first;
    const joined = new Uint8Array(this.#buffered);
    let at = 0;
    for (const chunk of this.#chunks) {
      joined.set(chunk, at);
      at += chunk.length;
    }
    this.#chunks.splice(0, this.#chunks.length, joined);
    return joined;
  }
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
