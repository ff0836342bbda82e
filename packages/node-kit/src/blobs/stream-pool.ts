// Blob streams that are kept for the next transfer: opening one costs a round trip, and many files are small.
import type { Network } from "../libp2p/network.ts";
import { BlobStream } from "./blob-stream.ts";

/** Streams to one peer that are open at once; further transfers wait for one of them. */
const STREAMS_MAX = 4;
/** How long a stream without work is kept. */
const IDLE_MS = 15_000;

interface Lane {
  readonly idle: Map<BlobStream, NodeJS.Timeout>;
  readonly waiting: (() => void)[];
  busy: number;
}

/** Streams by peer. */
export class StreamPool {
  readonly #network: Network;
  readonly #lanes = new Map<string, Lane>();

  constructor(network: Network) {
    this.#network = network;
  }

  /** Runs work on a stream of its own; a stream on which the work failed is not used again. */
  async use<T>(peerId: string, signal: AbortSignal, work: (stream: BlobStream) => Promise<T>): Promise<T> {
    const lane = this.#lane(peerId);
    while (lane.busy >= STREAMS_MAX) await waitTurn(lane, signal);
    lane.busy += 1;
    let stream: BlobStream | null = null;
    try {
      stream = this.#takeIdle(lane) ?? (await BlobStream.open(this.#network, peerId, signal));
      const result = await work(stream);
      this.#keep(lane, stream);
      return result;
    } catch (error) {
      stream?.abort(error);
      throw error;
    } finally {
      lane.busy -= 1;
      lane.waiting.shift()?.();
      if (lane.busy === 0 && lane.idle.size === 0 && lane.waiting.length === 0) this.#lanes.delete(peerId);
    }
  }

  /** Closes what is idle; work that runs goes on. */
  close(): void {
    for (const lane of this.#lanes.values()) {
      for (const stream of [...lane.idle.keys()]) this.#drop(lane, stream);
    }
  }

  #lane(peerId: string): Lane {
    const known = this.#lanes.get(peerId);
    if (known !== undefined) return known;
    const made: Lane = { idle: new Map(), waiting: [], busy: 0 };
    this.#lanes.set(peerId, made);
    return made;
  }

  #takeIdle(lane: Lane): BlobStream | null {
    for (const [stream, timer] of [...lane.idle]) {
      clearTimeout(timer);
      lane.idle.delete(stream);
      if (!stream.isClosed) return stream;
    }
    return null;
  }

  #keep(lane: Lane, stream: BlobStream): void {
    const timer = setTimeout(() => this.#drop(lane, stream), IDLE_MS);
    timer.unref();
    lane.idle.set(stream, timer);
  }

  #drop(lane: Lane, stream: BlobStream): void {
    clearTimeout(lane.idle.get(stream));
    lane.idle.delete(stream);
    void stream.close().catch(() => undefined);
    if (lane.busy === 0 && lane.idle.size === 0) this.#lanes.delete(stream.peerId);
  }
}

function waitTurn(lane: Lane, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const turn = (): void => {
      signal.removeEventListener("abort", leave);
      resolve();
    };
    const leave = (): void => {
      lane.waiting.splice(lane.waiting.indexOf(turn), 1);
      reject(signal.reason);
    };
    lane.waiting.push(turn);
    signal.addEventListener("abort", leave, { once: true });
  });
}
