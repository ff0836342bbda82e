// The answering side of the blob protocol: who may read and write what is the caller's policy.
import {
  type BlobRequest,
  type BlobResponse,
  blobProtocol,
  type Cid,
  chunkSize,
  decodeBlobRequest,
  encodeBlobResponse,
  isErrorCode,
  limits,
} from "@starling/protocol";
import type { ArtifactStore } from "../artifacts/artifact-store.ts";
import { systemClock } from "../clock.ts";
import type { FrameStream, Network } from "../libp2p/network.ts";
import { RateBuckets } from "../libp2p/rate-bucket.ts";
import { BlobError } from "./blob-error.ts";
import { piecesOf } from "./chunk-assembly.ts";
import { FrameQueue } from "./frame-queue.ts";
import { receiveUpload } from "./receive-upload.ts";

/** Who may do what. What a peer may not read does not exist for it. */
export interface BlobPolicy {
  mayGet(peerId: string, cid: Cid): boolean | Promise<boolean>;
  /** Whether the peer may store a file of that many bytes. */
  mayPut(peerId: string, size: number): boolean | Promise<boolean>;
  /** Told of each upload that begins. */
  onPut?(peerId: string, file: { readonly cid: Cid; readonly size: number }): void;
  /** Bounds that differ from the usual ones. */
  readonly bounds?: Partial<BlobBounds>;
}

/** What one peer may cost. */
interface BlobBounds {
  /** How long a peer may take nothing of what is sent to it. */
  readonly sendMs: number;
  /** Bytes that may be read and hashed for one peer, and are not asked for: a chunk is verified as a whole. */
  readonly idleReadBytes: number;
}

const BOUNDS: BlobBounds = { sendMs: 60_000, idleReadBytes: 256 * 1024 * 1024 };
/** Idle reads are forgiven in so many seconds. */
const FORGIVEN_SECONDS = 16;
/** A manifest may have to be made or read anew. */
const MANIFEST_BYTES = 1024 * 1024;
/** Peers whose reads are counted. */
const READERS_MAX = 4_096;

/** What one stream's answers need. */
interface Serving {
  readonly stream: FrameStream;
  readonly queue: FrameQueue;
  readonly store: ArtifactStore;
  readonly policy: BlobPolicy;
  readonly uploads: UploadCount;
  readonly reads: RateBuckets;
  readonly answer: (response: BlobResponse) => Promise<void>;
}

type Of<T extends BlobRequest["type"]> = Extract<BlobRequest, { type: T }>;

/** How long a stream may lie idle; our own clients close theirs much earlier. */
const IDLE_MS = 5 * 60_000;
/** Uploads of one peer at once: each holds a chunk in memory. */
const UPLOADS_MAX = 4;

/** Serves a store to peers, within a policy. Resolves when peers can open streams. */
export async function serveBlobs(network: Network, store: ArtifactStore, policy: BlobPolicy): Promise<void> {
  const uploads = new UploadCount();
  const { sendMs, idleReadBytes: burst } = { ...BOUNDS, ...policy.bounds };
  const reads = new RateBuckets({ perSecond: burst / FORGIVEN_SECONDS, burst, keysMax: READERS_MAX });
  await network.handle(blobProtocol, (stream) => {
    const serving: Serving = {
      stream,
      queue: new FrameQueue(stream),
      store,
      policy,
      uploads,
      reads,
      answer: (response) => sendInTime(stream, encodeBlobResponse(response), sendMs),
    };
    serve(serving).catch((error: unknown) => stream.abort(error instanceof Error ? error : new Error(String(error))));
  });
}

// A reader that takes nothing would hold its file open, and a chunk of it in memory, for ever.
async function sendInTime(stream: FrameStream, bytes: Uint8Array, ms: number): Promise<void> {
  const late = setTimeout(() => stream.abort(new BlobError("timedOut", `the peer took nothing for ${ms} ms`)), ms);
  try {
    await stream.send(bytes);
  } finally {
    clearTimeout(late);
  }
}

// Requests are answered one after the other: a slow reader holds back only itself.
async function serve(serving: Serving): Promise<void> {
  // Pieces of an upload that was refused or not needed may still be on their way.
  let ended = 0;
  for (;;) {
    const frame = await serving.queue.next({ waitMs: IDLE_MS });
    if (frame === null) return await serving.stream.close();
    const request = decodeBlobRequest(frame);
    if (request.type === "piece") {
      if (request.number !== ended) throw new BlobError("badFrame", "a piece came without an upload");
      continue;
    }
    if (request.type === "put") ended = request.number;
    try {
      await answerRequest(serving, request);
    } catch (error) {
      const { code, message } = refusalOf(error);
      await serving.answer({ number: request.number, type: "refused", code, message });
    }
  }
}

async function answerRequest(serving: Serving, request: Exclude<BlobRequest, { type: "piece" }>): Promise<void> {
  switch (request.type) {
    case "has":
      return await answerHas(serving, request);
    case "manifest": {
      spend(serving, MANIFEST_BYTES);
      const manifest = await manifestFor(serving, request.cid);
      return await serving.answer({ number: request.number, type: "manifest", manifest });
    }
    case "get":
      return await answerGet(serving, request);
    case "put":
      return await answerPut(serving, request);
  }
}

async function answerHas({ stream, store, policy, answer }: Serving, { number, cids }: Of<"has">): Promise<void> {
  const missing: Cid[] = [];
  for (const cid of cids) {
    const info = store.stat(cid);
    // Whoever may neither read nor write a file does not learn that it is here.
    const mayKnow =
      info !== null &&
      ((await policy.mayGet(stream.remotePeer, cid)) || (await policy.mayPut(stream.remotePeer, info.size)));
    if (!mayKnow) missing.push(cid);
  }
  await answer({ number, type: "missing", cids: missing });
}

async function manifestFor({ stream, store, policy }: Serving, cid: Cid) {
  if (!(await policy.mayGet(stream.remotePeer, cid))) throw new BlobError("artifactNotFound", `${cid} is not here`);
  return await store.manifest(cid);
}

async function answerGet(serving: Serving, { number, cid, offset, length }: Of<"get">): Promise<void> {
  const { size } = await manifestFor(serving, cid);
  if (offset + length > size) throw new BlobError("invalidArgument", `${cid} has only ${size} bytes`);
  spend(serving, touchedBytes(size, { offset, length }) - length);
  for await (const chunk of serving.store.open(cid, { offset, length })) {
    for (const bytes of piecesOf(chunk, limits.pieceBytes)) await serving.answer({ number, type: "piece", bytes });
  }
  await serving.answer({ number, type: "done" });
}

function spend({ stream, reads }: Serving, bytes: number): void {
  if (reads.take(stream.remotePeer, systemClock.monotonicMs(), bytes)) return;
  throw new BlobError("overloaded", "too many small reads: ask for whole chunks, or wait a moment");
}

// What has to be read and hashed for a range: every chunk that it touches.
function touchedBytes(size: number, { offset, length }: { readonly offset: number; readonly length: number }): number {
  if (length === 0) return 0;
  const first = Math.floor(offset / chunkSize) * chunkSize;
  return Math.min(size, Math.ceil((offset + length) / chunkSize) * chunkSize) - first;
}

async function answerPut(serving: Serving, { number, cid, manifest }: Of<"put">): Promise<void> {
  const { stream, store, policy, uploads, answer, queue } = serving;
  if (!(await policy.mayPut(stream.remotePeer, manifest.size)))
    throw new BlobError("permissionDenied", `a file of ${manifest.size} bytes is not taken`);
  if (store.stat(cid) === null) {
    policy.onPut?.(stream.remotePeer, { cid, size: manifest.size });
    await uploads.during(stream.remotePeer, () => receiveUpload(store, queue, { number, cid, manifest }));
  }
  await answer({ number, type: "done" });
}

/** Counts the uploads of each peer. */
class UploadCount {
  readonly #running = new Map<string, number>();

  async during(peerId: string, upload: () => Promise<void>): Promise<void> {
    const running = this.#running.get(peerId) ?? 0;
    if (running >= UPLOADS_MAX) throw new BlobError("overloaded", `${running} of your uploads are running already`);
    this.#running.set(peerId, running + 1);
    try {
      await upload();
    } finally {
      const left = (this.#running.get(peerId) ?? 1) - 1;
      if (left === 0) this.#running.delete(peerId);
      else this.#running.set(peerId, left);
    }
  }
}

// What the store and we refuse is told; anything else is our own trouble and its details stay here.
function refusalOf(error: unknown): { readonly code: string; readonly message: string } {
  if (error instanceof Error && "code" in error && typeof error.code === "string") {
    if (error.code === "storageFull") return { code: "unavailable", message: "the disk is full" };
    if (error.code === "badFrame" || error.code === "timedOut") throw error;
    if (isErrorCode(error.code)) return { code: error.code, message: error.message };
  }
  return { code: "internal", message: "the file can't be served" };
}
