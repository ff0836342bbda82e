// The main thread's end of a framed stream; the other end lives in the network thread.
import { CreditWindow } from "./credit.ts";
import { NetworkError } from "./errors.ts";
import { joinFrames } from "./framing.ts";
import { sendQueueBytes, sendQueueFrames } from "./limits.ts";
import type { StreamInfo, ToThread } from "./messages.ts";
import type { FrameStream } from "./network.ts";

type FrameListener = (frame: Uint8Array, decoded?: unknown) => void | Promise<void>;
type CloseListener = (reason?: Error) => void;

interface Waiting {
  readonly frame: Uint8Array;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** A stream as the daemons use it. */
export class ThreadStream implements FrameStream {
  readonly id: number;
  readonly protocol: string;
  readonly remotePeer: string;
  readonly remoteAddress: string;
  readonly #frameBytesMax: number;
  readonly #post: (message: ToThread, transfer?: ArrayBuffer[]) => void;

  readonly #window = new CreditWindow();
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #batch: Uint8Array[] = [];

  #listener: FrameListener | undefined;
  #inbox: { readonly frame: Uint8Array; readonly decoded: unknown }[] = [];
  #consumed = { frames: 0, bytes: 0 };

  #ending = false;
  #ended = false;
  #closed: { readonly reason: Error | undefined } | undefined;
  readonly #closeListeners: CloseListener[] = [];

  constructor(info: StreamInfo, post: (message: ToThread, transfer?: ArrayBuffer[]) => void) {
    this.id = info.id;
    this.protocol = info.protocol;
    this.remotePeer = info.remotePeer;
    this.remoteAddress = info.remoteAddress;
    this.#frameBytesMax = info.frameBytesMax;
    this.#post = post;
  }

  send(frame: Uint8Array): Promise<void> {
    if (this.#closed !== undefined || this.#ending) {
      return Promise.reject(this.#closed?.reason ?? new NetworkError("StreamClosed", "the stream is closed"));
    }
    const bytes = frame.byteLength;
    if (bytes > this.#frameBytesMax) {
      const message = `a frame of ${bytes} bytes exceeds the ${this.#frameBytesMax} of ${this.protocol}`;
      return Promise.reject(new NetworkError("FrameTooLarge", message));
    }
    if (this.#waiting.length === 0 && this.#window.hasRoom(bytes)) {
      this.#enqueue(frame);
      return Promise.resolve();
    }
    if (this.#waiting.length >= sendQueueFrames || this.#waitingBytes + bytes > sendQueueBytes) {
      // Dropping one frame would corrupt the conversation, so a sender that does not wait loses the stream.
      const error = new NetworkError("SendQueueFull", `${this.#waiting.length} frames wait for ${this.remotePeer}`);
      this.abort(error);
      return Promise.reject(error);
    }
    this.#waitingBytes += bytes;
    return new Promise((resolve, reject) => this.#waiting.push({ frame, resolve, reject }));
  }

  onFrame(listener: FrameListener): void {
    this.#listener = listener;
    // Not at once: the caller may still be setting up what the listener needs.
    queueMicrotask(() => this.#deliver());
  }

  onClose(listener: CloseListener): void {
    const closed = this.#closed;
    if (closed !== undefined && this.#inbox.length === 0) queueMicrotask(() => listener(closed.reason));
    else this.#closeListeners.push(listener);
  }

  close(): Promise<void> {
    this.#end();
    return new Promise((resolve) => this.onClose(() => resolve()));
  }

  abort(error: Error): void {
    if (this.#closed !== undefined) return;
    this.#post({ kind: "abortStream", stream: this.id, message: error.message });
    this.#inbox = [];
    this.closed(error);
  }

  /** Frames arrived from the thread. */
  receive(frames: readonly Uint8Array[], decoded: readonly unknown[] | undefined): void {
    if (this.#closed !== undefined) return;
    for (const [index, frame] of frames.entries()) this.#inbox.push({ frame, decoded: decoded?.[index] });
    this.#deliver();
  }

  /** The network took frames off our hands. */
  credit(frames: number, bytes: number): void {
    this.#window.giveBack(frames, bytes);
    let sent = 0;
    for (const { frame, resolve } of this.#waiting) {
      if (!this.#window.hasRoom(frame.byteLength)) break;
      this.#enqueue(frame);
      this.#waitingBytes -= frame.byteLength;
      resolve();
      sent += 1;
    }
    this.#waiting.splice(0, sent);
    if (this.#ending) this.#end();
  }

  /** The remote sends no more: we finish what we have to say and close as well. */
  remoteEnded(): void {
    this.#end();
  }

  /** The stream is gone. */
  closed(reason: Error | undefined): void {
    if (this.#closed !== undefined) return;
    this.#closed = { reason };
    this.#batch = [];
    const error = reason ?? new NetworkError("StreamClosed", "the stream was closed");
    for (const { reject } of this.#waiting.splice(0)) reject(error);
    queueMicrotask(() => this.#announceClose());
  }

  #enqueue(frame: Uint8Array): void {
    this.#window.take(frame.byteLength);
    this.#batch.push(frame);
    // At the end of the tick, not of the microtask: a sender that awaits each frame gets its batch too.
    if (this.#batch.length === 1) setImmediate(() => this.#flush());
  }

  #flush(): void {
    const frames = this.#batch;
    if (frames.length === 0) return;
    this.#batch = [];
    const joined = joinFrames(frames);
    this.#post({ kind: "send", stream: this.id, joined, frames: frames.length }, [joined.buffer]);
  }

  #end(): void {
    this.#ending = true;
    if (this.#ended || this.#waiting.length > 0 || this.#closed !== undefined) return;
    this.#ended = true;
    this.#flush();
    this.#post({ kind: "endStream", stream: this.id });
  }

  #deliver(): void {
    const listener = this.#listener;
    if (listener === undefined) return;
    for (const { frame, decoded } of this.#inbox.splice(0)) {
      // The size is taken first: a listener may transfer the buffer away.
      const bytes = frame.byteLength;
      const done = listener(frame, decoded);
      if (done === undefined) this.#consume(bytes);
      else {
        // What a peer sends must never end the process: a reader that fails loses this stream, and nothing else.
        done.then(
          () => this.#consume(bytes),
          (error: unknown) => this.abort(error instanceof Error ? error : new Error(String(error))),
        );
      }
    }
    this.#announceClose();
  }

  #consume(bytes: number): void {
    if (this.#closed !== undefined) return;
    this.#consumed.frames += 1;
    this.#consumed.bytes += bytes;
    if (this.#consumed.frames > 1) return;
    setImmediate(() => {
      const consumed = this.#consumed;
      this.#consumed = { frames: 0, bytes: 0 };
      this.#post({ kind: "credit", stream: this.id, ...consumed });
    });
  }

  #announceClose(): void {
    if (this.#closed === undefined || this.#inbox.length > 0) return;
    const { reason } = this.#closed;
    for (const listener of this.#closeListeners.splice(0)) listener(reason);
  }
}
