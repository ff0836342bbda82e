// The daemon's end of a named pipe that a sandbox writes to: open for as long as the daemon likes, however often a program opens and closes it.
import { constants, openSync, readSync } from "node:fs";
import { Socket } from "node:net";

const READ_BYTES = 65_536;
/** More than a pipe holds. */
const LAST_READS_MAX = 32;

/** Passes on what is written to a named pipe. */
export class NamedPipe {
  readonly #descriptor: number;
  readonly #socket: Socket;
  readonly #take: (bytes: Uint8Array) => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(path: string, take: (bytes: Uint8Array) => void) {
    this.#take = take;
    // With a writer of its own it never ends before it is told to.
    this.#descriptor = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    this.#socket = new Socket({ fd: this.#descriptor, readable: true, writable: false });
    this.#socket.on("data", take);
    this.#socket.on("error", () => undefined);
  }

  /** Reads nothing for a while; writers wait when the pipe is full. */
  rest(durationMs: number): void {
    this.#socket.pause();
    this.#timer = setTimeout(() => this.#socket.resume(), durationMs);
  }

  /** Reads what is left; for when nobody writes any more. */
  finish(): void {
    clearTimeout(this.#timer);
    if (this.#socket.destroyed) return;
    const buffer = Buffer.alloc(READ_BYTES);
    try {
      // Bounded, since a writer that is only just dying could go on for a moment.
      for (let i = 0; i < LAST_READS_MAX; i += 1) this.#take(buffer.subarray(0, readSync(this.#descriptor, buffer)));
    } catch {
      // It is empty.
    }
    this.#socket.destroy();
  }
}
