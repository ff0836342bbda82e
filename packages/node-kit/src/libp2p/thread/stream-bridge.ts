// The network thread's end of a framed stream: cuts and checks frames, and keeps both directions within their credit.
import type { Stream } from "@libp2p/interface";
import { CreditWindow } from "../credit.ts";
import { NetworkError, toPlainError } from "../errors.ts";
import { FrameReader, payloadBytes } from "../framing.ts";
import { streamCloseMs } from "../limits.ts";
import type { Post, StreamInfo } from "../messages.ts";

/** What a bridge needs of its surroundings. */
export interface BridgeContext {
  readonly stream: Stream;
  readonly info: StreamInfo;
  readonly post: Post;
  /** Decodes and checks a frame; undefined when nothing is to be decoded. */
  readonly decode: ((frame: Uint8Array) => unknown) | undefined;
  readonly onGone: () => void;
}

/** Joins a libp2p stream to its twin in the main thread. */
export class StreamBridge {
  readonly #context: BridgeContext;
  readonly #reader: FrameReader;
  readonly #window = new CreditWindow();
  /** Joined frames given to libp2p, by the offset at which each ends, until libp2p has passed them on. */
  readonly #unsettled: { readonly end: number; readonly frames: number; readonly bytes: number }[] = [];
  #sentBytes = 0;
  #remoteEnded = false;
  #endAnnounced = false;
  #closed: { readonly error: Error | undefined } | undefined;
  #gone = false;
  #resuming = false;

  constructor(context: BridgeContext) {
    this.#context = context;
    this.#reader = new FrameReader(context.info.frameBytesMax);
    const { stream } = context;
    stream.addEventListener("message", (event) => {
      this.#reader.push(event.data);
      this.#pump();
    });
    stream.addEventListener("idle", () => this.#settle());
    // The stream's own listener continues sending in a microtask; ours must look after that.
    stream.addEventListener("drain", () => queueMicrotask(() => this.#settle()));
    // In a microtask: the mark may ride on the last data, which is delivered after this event.
    stream.addEventListener("remoteCloseWrite", () =>
      queueMicrotask(() => {
        this.#remoteEnded = true;
        this.#pump();
      }),
    );
    stream.addEventListener("close", (event) =>
      queueMicrotask(() => {
        this.#closed ??= { error: event.error ?? this.#cutOff() };
        this.#pump();
      }),
    );
  }

  /** Frames from the main thread. */
  send(joined: Uint8Array, frames: number): void {
    if (this.#gone) return;
    this.#sentBytes += joined.byteLength;
    this.#unsettled.push({ end: this.#sentBytes, frames, bytes: payloadBytes(joined.byteLength, frames) });
    try {
      this.#context.stream.send(joined);
    } catch (error) {
      this.abort(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    this.#settle();
  }

  /** The main thread consumed frames. */
  credit(frames: number, bytes: number): void {
    this.#window.giveBack(frames, bytes);
    this.#pump();
  }

  /** The main thread has said all it had to say. */
  end(): void {
    const { stream } = this.#context;
    stream.close({ signal: AbortSignal.timeout(streamCloseMs) }).catch((error: Error) => stream.abort(error));
    if (this.#gone) return;
    // A remote that never closes its side must not hold the stream for ever.
    const timer = setTimeout(
      () => this.abort(new NetworkError("StreamReset", "the remote did not close")),
      streamCloseMs,
    );
    timer.unref();
    stream.addEventListener("close", () => clearTimeout(timer));
  }

  abort(error: Error): void {
    this.#closed ??= { error };
    this.#context.stream.abort(error);
    this.#vanish();
  }

  /** Hands over as many frames as credit allows, then lets the stream flow or pauses it. */
  #pump(): void {
    // While resuming, the stream delivers what it held: the loop below looks at it once the stream is done.
    if (this.#gone || this.#resuming) return;
    try {
      const { stream } = this.#context;
      let isBlocked = this.#handOver();
      while (!isBlocked && stream.readStatus === "paused") {
        this.#resume();
        isBlocked = this.#handOver();
      }
      if (isBlocked && stream.readStatus === "readable") stream.pause();
      if (!isBlocked && stream.readBufferLength === 0) this.#concludeReading();
    } catch (error) {
      this.abort(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /**
   * Resumes without letting a listener pause the stream meanwhile: libp2p would then open the remote's window all the same, and
   * reset the stream when the remote fills it.
   */
  #resume(): void {
    const { stream } = this.#context;
    this.#resuming = true;
    try {
      stream.resume();
    } catch (error) {
      // A stream that closed meanwhile delivers what it held, and then can't tell the remote to go on.
      if (stream.status === "open") throw error;
    } finally {
      this.#resuming = false;
    }
  }

  /** True when a whole frame waits for credit. */
  #handOver(): boolean {
    const frames: Uint8Array<ArrayBuffer>[] = [];
    const decoded: unknown[] = [];
    let failure: { readonly error: unknown } | undefined;
    let blocked = false;
    try {
      let bytes = this.#reader.nextBytes();
      while (bytes !== undefined && this.#window.hasRoom(bytes)) {
        const frame = this.#reader.take(bytes);
        if (this.#context.decode !== undefined) decoded.push(this.#context.decode(frame));
        this.#window.take(bytes);
        frames.push(frame);
        bytes = this.#reader.nextBytes();
      }
      blocked = bytes !== undefined;
    } catch (error) {
      failure = { error };
    }
    // What came before a bad frame was good.
    if (frames.length > 0) this.#postFrames(frames, decoded);
    if (failure !== undefined) throw failure.error;
    return blocked;
  }

  #postFrames(frames: Uint8Array<ArrayBuffer>[], decoded: unknown[]): void {
    const { info, post, decode } = this.#context;
    const message = { kind: "frames", stream: info.id, frames } as const;
    const buffers = frames.map((frame) => frame.buffer);
    post(decode === undefined ? message : { ...message, decoded }, buffers);
  }

  #concludeReading(): void {
    if (this.#remoteEnded && this.#reader.unreadBytes > 0) {
      throw new NetworkError("FrameTruncated", `the stream ended ${this.#reader.unreadBytes} bytes into a frame`);
    }
    if (this.#closed !== undefined) {
      this.#vanish();
    } else if (this.#remoteEnded && !this.#endAnnounced) {
      this.#endAnnounced = true;
      this.#context.post({ kind: "ended", stream: this.#context.info.id });
    }
  }

  /** A connection may close in order under a stream that had not ended: the other process was killed, say. */
  #cutOff(): NetworkError | undefined {
    return this.#remoteEnded ? undefined : new NetworkError("StreamReset", "the connection was lost");
  }

  /** Returns credit for what libp2p has passed on to the connection. */
  #settle(): void {
    const accepted = this.#sentBytes - this.#context.stream.writeBufferLength;
    let frames = 0;
    let bytes = 0;
    let count = 0;
    for (const entry of this.#unsettled) {
      if (entry.end > accepted) break;
      frames += entry.frames;
      bytes += entry.bytes;
      count += 1;
    }
    if (count === 0) return;
    this.#unsettled.splice(0, count);
    if (!this.#gone) this.#context.post({ kind: "credit", stream: this.#context.info.id, frames, bytes });
  }

  #vanish(): void {
    if (this.#gone) return;
    this.#gone = true;
    const { info, post, onGone } = this.#context;
    const error = this.#closed?.error;
    post({
      kind: "closed",
      stream: info.id,
      ...(error === undefined ? {} : { error: toPlainError(error, "StreamReset") }),
    });
    onGone();
  }
}
