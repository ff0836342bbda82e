// Frames on a byte stream: four bytes of big-endian length, then the payload.
import { Uint8ArrayList } from "uint8arraylist";
import { NetworkError } from "./errors.ts";

const headerBytes = 4;

/** Joins frames with their lengths into one buffer, so that one tick's frames cost one encrypted write. */
export function joinFrames(frames: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(frames.reduce((sum, frame) => sum + headerBytes + frame.byteLength, 0));
  const view = new DataView(joined.buffer);
  let at = 0;
  for (const frame of frames) {
    view.setUint32(at, frame.byteLength);
    joined.set(frame, at + headerBytes);
    at += headerBytes + frame.byteLength;
  }
  return joined;
}

/** Payload bytes in a buffer of `joinFrames`. */
export function payloadBytes(joinedBytes: number, frames: number): number {
  return joinedBytes - frames * headerBytes;
}

/** Cuts a byte stream into frames, one at a time, so that the reader sets the pace. */
export class FrameReader {
  readonly #unread = new Uint8ArrayList();
  readonly #frameBytesMax: number;

  constructor(frameBytesMax: number) {
    this.#frameBytesMax = frameBytesMax;
  }

  push(chunk: Uint8Array | Uint8ArrayList): void {
    this.#unread.append(chunk);
  }

  /** Size of the next frame if all of it is here. Throws FrameTooLarge as soon as a length says so. */
  nextBytes(): number | undefined {
    if (this.#unread.byteLength < headerBytes) return undefined;
    const bytes = this.#unread.getUint32(0);
    if (bytes > this.#frameBytesMax) {
      throw new NetworkError(
        "FrameTooLarge",
        `a frame of ${bytes} bytes was announced, ${this.#frameBytesMax} are allowed`,
      );
    }
    return this.#unread.byteLength < headerBytes + bytes ? undefined : bytes;
  }

  /** Takes the next frame, in a buffer of its own: it will be transferred to another thread. */
  take(bytes: number): Uint8Array<ArrayBuffer> {
    const frame = new Uint8Array(bytes);
    frame.set(this.#unread.subarray(headerBytes, headerBytes + bytes));
    this.#unread.consume(headerBytes + bytes);
    return frame;
  }

  /** Bytes of a frame that has begun and not ended. */
  get unreadBytes(): number {
    return this.#unread.byteLength;
  }
}
