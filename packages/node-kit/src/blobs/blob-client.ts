// Gets files from peers and gives them away, by content id: nothing is written before its hash was checked.
import { type Cid, type ContentManifest, chunkSize, contentIdOfBytes, limits } from "@starling/protocol";
import type { ArtifactStore, PartialArtifact } from "../artifacts/artifact-store.ts";
import { fastSha256 } from "../artifacts/chunk-hasher.ts";
import type { Network } from "../libp2p/network.ts";
import { BlobError } from "./blob-error.ts";
import type { BlobStream } from "./blob-stream.ts";
import { chunkLength, piecesOf } from "./chunk-assembly.ts";
import { SharedWork } from "./shared-work.ts";
import { StreamPool } from "./stream-pool.ts";

/** Chunks that are asked for ahead of the one that arrives, so that the line never idles. */
const CHUNKS_AHEAD = 2;

/** Where to get a file: who has it, what it is, how large it has to be. */
interface Wanted {
  readonly peerId: string;
  readonly cid: Cid;
  readonly size: number;
}

/** The asking side of the blob protocol. */
export class BlobClient {
  readonly #store: ArtifactStore;
  readonly #pool: StreamPool;
  readonly #fetches = new SharedWork();
  readonly #pushes = new SharedWork();

  constructor(network: Network, store: ArtifactStore) {
    this.#store = store;
    this.#pool = new StreamPool(network);
  }

  /**
   * Brings a file into the store. Callers of one file share one transfer. Throws `BlobError`, `ArtifactError` or `NetworkError`; the
   * verified chunks of a broken transfer are kept, and the next call goes on from there.
   */
  // biome-ignore lint/complexity/useMaxParams: peer, file and signal are what everybody has at hand
  async fetch(peerId: string, cid: Cid, size: number, signal: AbortSignal): Promise<void> {
    while (this.#store.stat(cid) === null) {
      signal.throwIfAborted();
      const shared = this.#fetches.join(cid, signal, (ended) => this.#fetch({ peerId, cid, size }, ended));
      if (shared.began) return await shared.done;
      // Somebody else's transfer may fail by his peer's fault: then it is our turn to ask ours.
      await shared.done.catch(() => undefined);
    }
  }

  /** Gives a stored file to a peer, unless it has it already. Throws as `fetch` does. */
  async push(peerId: string, cid: Cid, signal: AbortSignal): Promise<void> {
    await this.#pushes.join(`${peerId} ${cid}`, signal, (ended) => this.#push(peerId, cid, ended)).done;
  }

  /** Closes idle streams. */
  close(): void {
    this.#pool.close();
  }

  async #fetch(wanted: Wanted, signal: AbortSignal): Promise<void> {
    if (wanted.size > limits.artifactBytes) throw new BlobError("tooLarge", `${wanted.size} bytes are too many`);
    await this.#pool.use(wanted.peerId, signal, async (stream) => {
      if (wanted.size <= chunkSize) await this.#fetchSmall(stream, wanted, signal);
      else await this.#fetchLarge(stream, wanted, signal);
    });
  }

  // One chunk proves itself: its hash gives the file's id, so no manifest is needed and a round trip is saved.
  async #fetchSmall(stream: BlobStream, { cid, size }: Wanted, signal: AbortSignal): Promise<void> {
    const number = await stream.ask({ type: "get", cid, offset: 0, length: size });
    const bytes = await readPart(stream, { number, length: size }, signal);
    if (contentIdOfBytes(bytes, fastSha256) !== cid) throw corrupt(cid);
    await this.#store.put(bytes, { signal, durable: false });
  }

  async #fetchLarge(stream: BlobStream, { cid, size }: Wanted, signal: AbortSignal): Promise<void> {
    const answer = await stream.answer(await stream.ask({ type: "manifest", cid }), signal);
    if (answer.type !== "manifest") throw new BlobError("badFrame", "the peer answered with something else");
    const { manifest } = answer;
    if (manifest.size !== size)
      throw new BlobError("artifactCorrupt", `${cid} has ${manifest.size} bytes, and should have ${size}`);
    const partial = await this.#store.beginFetch(cid, manifest);
    try {
      await fetchChunks(stream, { partial, manifest }, signal);
      await partial.finish();
    } catch (error) {
      await partial.close();
      throw error;
    }
  }

  async #push(peerId: string, cid: Cid, signal: AbortSignal): Promise<void> {
    const manifest = await this.#store.manifest(cid);
    await this.#pool.use(peerId, signal, async (stream) => {
      const has = await stream.answer(await stream.ask({ type: "has", cids: [cid] }), signal);
      if (has.type !== "missing") throw new BlobError("badFrame", "the peer answered with something else");
      if (has.cids.length > 0) await this.#upload(stream, { cid, manifest }, signal);
    });
  }

  async #upload(
    stream: BlobStream,
    { cid, manifest }: { readonly cid: Cid; readonly manifest: ContentManifest },
    signal: AbortSignal,
  ): Promise<void> {
    const number = await stream.ask({ type: "put", cid, manifest });
    // The answer may come early, when the peer refuses or already has it: then the rest is not sent.
    const answered = stream.answer(number, signal);
    let isAnswered = false;
    const ended = answered.then(
      () => {
        isAnswered = true;
      },
      () => {
        isAnswered = true;
      },
    );
    for await (const chunk of this.#store.open(cid, undefined, { signal })) {
      for (const piece of piecesOf(chunk, limits.pieceBytes)) {
        if (isAnswered) break;
        await Promise.race([stream.sendPiece(number, piece), ended]);
      }
      if (isAnswered) break;
    }
    const answer = await answered;
    if (answer.type !== "done") throw new BlobError("badFrame", "the peer answered with something else");
  }
}

async function fetchChunks(
  stream: BlobStream,
  { partial, manifest }: { readonly partial: PartialArtifact; readonly manifest: ContentManifest },
  signal: AbortSignal,
): Promise<void> {
  const missing = partial.missing();
  const asked: { readonly number: number; readonly index: number }[] = [];
  let next = 0;
  while (next < missing.length || asked.length > 0) {
    while (next < missing.length && asked.length < CHUNKS_AHEAD) {
      const index = missing[next] ?? 0;
      next += 1;
      const range = { offset: index * chunkSize, length: chunkLength(manifest, index) };
      asked.push({ number: await stream.ask({ type: "get", cid: partial.cid, ...range }), index });
    }
    const first = asked.shift();
    if (first === undefined) return;
    const part = { number: first.number, length: chunkLength(manifest, first.index) };
    await partial.writeChunk(first.index, await readPart(stream, part, signal));
  }
}

async function readPart(
  stream: BlobStream,
  part: { readonly number: number; readonly length: number },
  signal: AbortSignal,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(part.length);
  let filled = 0;
  for (;;) {
    const answer = await stream.answer(part.number, signal);
    if (answer.type === "done") break;
    if (answer.type !== "piece") throw new BlobError("badFrame", "the peer answered with something else");
    if (answer.bytes.length === 0 || filled + answer.bytes.length > part.length)
      throw new BlobError("badFrame", "the peer sent other bytes than were asked for");
    bytes.set(answer.bytes, filled);
    filled += answer.bytes.length;
  }
  if (filled !== part.length)
    throw new BlobError("artifactCorrupt", `${filled} bytes came where ${part.length} were asked for`);
  return bytes;
}

function corrupt(cid: Cid): BlobError {
  return new BlobError("artifactCorrupt", `the bytes that came are not those of ${cid}. Ask somebody else for it`);
}
