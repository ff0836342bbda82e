// Frames of a stream one at a time: the reader asks for the next, and what nobody asked for yet holds the sender back.
import type { FrameStream } from "../libp2p/network.ts";
import { BlobError } from "./blob-error.ts";

interface Held {
  readonly frame: Uint8Array;
  readonly taken: () => void;
}

interface Waiter {
  readonly resolve: (frame: Uint8Array | null) => void;
  readonly reject: (error: unknown) => void;
}

/** How long to wait for the next frame. */
export interface FrameWait {
  readonly waitMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** The inbound side of one stream. Only one `next` may wait at a time. */
export class FrameQueue {
  readonly #held: Held[] = [];
  #waiter: Waiter | null = null;
  #closed: { readonly reason: Error | undefined } | null = null;

  constructor(stream: FrameStream) {
    stream.onFrame((frame) => this.#arrived(frame));
    stream.onClose((reason) => {
      this.#closed = { reason };
      const waiter = this.#waiter;
      this.#waiter = null;
      if (reason === undefined) waiter?.resolve(null);
      else waiter?.reject(reason);
    });
  }

  get isClosed(): boolean {
    return this.#closed !== null;
  }

  /** The next frame, or null when the stream ended in order. Rejects when it was cut off, is silent for too long, or the signal aborts. */
  next({ waitMs, signal }: FrameWait): Promise<Uint8Array | null> {
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    const held = this.#held.shift();
    if (held !== undefined) {
      held.taken();
      return Promise.resolve(held.frame);
    }
    if (this.#closed !== null) {
      return this.#closed.reason === undefined ? Promise.resolve(null) : Promise.reject(this.#closed.reason);
    }
    return new Promise((resolve, reject) => {
      const settle = (act: () => void): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
        this.#waiter = null;
        act();
      };
      const onAbort = (): void => settle(() => reject(signal?.reason));
      const timer = setTimeout(
        () => settle(() => reject(new BlobError("timedOut", `the peer said nothing for ${waitMs} ms`))),
        waitMs,
      );
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#waiter = {
        resolve: (frame) => settle(() => resolve(frame)),
        reject: (error) => settle(() => reject(error)),
      };
    });
  }

  #arrived(frame: Uint8Array): Promise<void> | undefined {
    const waiter = this.#waiter;
    if (waiter !== null) {
      waiter.resolve(frame);
      return undefined;
    }
    return new Promise((resolve) => this.#held.push({ frame, taken: resolve }));
  }
}
