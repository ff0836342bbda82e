// One blob stream as its client sees it: numbered requests, answers in their order.
import {
  type BlobRequest,
  type BlobResponse,
  blobProtocol,
  decodeBlobResponse,
  encodeBlobRequest,
  isErrorCode,
} from "@starling/protocol";
import type { FrameStream, Network } from "../libp2p/network.ts";
import { BlobError } from "./blob-error.ts";
import { FrameQueue } from "./frame-queue.ts";

/** A request as the caller writes it; the stream numbers it. */
export type Ask = BlobRequest extends infer Request
  ? Request extends BlobRequest
    ? Omit<Request, "number">
    : never
  : never;

/** How long a peer may stay silent while something is asked of it. */
const ANSWER_MS = 30_000;

/** A stream to one peer. After a failure it must be aborted, since answers may still be on their way. */
export class BlobStream {
  readonly peerId: string;
  readonly #stream: FrameStream;
  readonly #queue: FrameQueue;
  #number = 0;

  private constructor(stream: FrameStream) {
    this.peerId = stream.remotePeer;
    this.#stream = stream;
    this.#queue = new FrameQueue(stream);
  }

  static async open(network: Network, peerId: string, signal: AbortSignal): Promise<BlobStream> {
    return new BlobStream(await network.openStream(peerId, blobProtocol, { signal }));
  }

  get isClosed(): boolean {
    return this.#queue.isClosed;
  }

  /** Sends a request and returns its number. Resolves when there is room for more. */
  async ask(ask: Ask): Promise<number> {
    this.#number += 1;
    await this.#stream.send(encodeBlobRequest({ ...ask, number: this.#number } as BlobRequest));
    return this.#number;
  }

  /** Sends a piece of the upload of that number. */
  async sendPiece(number: number, bytes: Uint8Array): Promise<void> {
    await this.#stream.send(encodeBlobRequest({ number, type: "piece", bytes }));
  }

  /** The next answer, which must be to this request. A refusal is thrown. */
  async answer(number: number, signal: AbortSignal): Promise<Exclude<BlobResponse, { type: "refused" }>> {
    const frame = await this.#queue.next({ waitMs: ANSWER_MS, signal });
    if (frame === null) throw new BlobError("unavailable", "the peer ended the stream before it had answered");
    const response = decodeBlobResponse(frame);
    if (response.number !== number)
      throw new BlobError("badFrame", `the answer is to request ${response.number}, not to ${number}`);
    if (response.type !== "refused") return response;
    const { code, message } = response;
    throw new BlobError(isErrorCode(code) ? code : "internal", `the peer refused: ${message}`);
  }

  abort(reason: unknown): void {
    this.#stream.abort(reason instanceof Error ? reason : new Error(String(reason)));
  }

  async close(): Promise<void> {
    await this.#stream.close();
  }
}
