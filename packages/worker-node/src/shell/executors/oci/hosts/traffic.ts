// What a task and its hosts exchange: counted as it passes, and cut off where it becomes too much.
import { type Duplex, type Readable, Transform, type TransformCallback, type Writable } from "node:stream";

/** Bytes that a task sent to hosts and had from them. */
export interface HostBytes {
  readonly sent: number;
  readonly received: number;
}

/** The count of one task, over all its connections. */
export class Traffic {
  readonly #bytesMax: number;
  #sent = 0;
  #received = 0;

  /** `bytesMax` bounds both directions together. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get isSpent(): boolean {
    return this.#sent + this.#received >= this.#bytesMax;
  }

  bytes(): HostBytes {
    return { sent: this.#sent, received: this.#received };
  }

  /** Passes bytes on in both directions until either side ends or breaks, or all bytes are spent; then both are destroyed. */
  join(task: Duplex, host: Duplex): void {
    const end = (): void => {
      task.destroy();
      host.destroy();
    };
    const pass = (from: Readable, meter: Transform, to: Writable): void => {
      // Half of a connection may end while the other goes on.
      from.pipe(meter).pipe(to);
      for (const one of [from, meter, to]) one.once("error", end);
      from.once("close", end);
    };
    pass(
      task,
      this.#meter((count) => {
        this.#sent += count;
      }),
      host,
    );
    pass(
      host,
      this.#meter((count) => {
        this.#received += count;
      }),
      task,
    );
  }

  #meter(add: (count: number) => void): Transform {
    return new Transform({
      transform: (chunk: Uint8Array, _encoding, done: TransformCallback) => {
        // What comes in the chunk that goes beyond is counted and not passed on, and what comes later is neither.
        if (!this.isSpent) add(chunk.length);
        if (this.isSpent) done(new Error("the task has spent its bytes"));
        else done(null, chunk);
      },
    });
  }
}
