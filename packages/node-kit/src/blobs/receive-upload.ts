// Takes an upload: every chunk is checked against the manifest before it is written.
import { type Cid, type ContentManifest, decodeBlobRequest } from "@starling/protocol";
import type { ArtifactStore, PartialArtifact } from "../artifacts/artifact-store.ts";
import { BlobError } from "./blob-error.ts";
import { type Chunk, ChunkAssembly } from "./chunk-assembly.ts";
import type { FrameQueue } from "./frame-queue.ts";

/** How long an uploader may stay silent. */
const PIECE_MS = 30_000;

/** What was announced. */
export interface Upload {
  readonly number: number;
  readonly cid: Cid;
  readonly manifest: ContentManifest;
}

/** Reads the pieces from the queue into the store. Throws `BlobError` or `ArtifactError`; what was verified is kept for the next try. */
export async function receiveUpload(store: ArtifactStore, queue: FrameQueue, upload: Upload): Promise<void> {
  const partial = await store.beginFetch(upload.cid, upload.manifest);
  try {
    await receivePieces(partial, queue, upload);
    await partial.finish();
  } catch (error) {
    await partial.close();
    throw error;
  }
}

async function receivePieces(partial: PartialArtifact, queue: FrameQueue, upload: Upload): Promise<void> {
  const assembly = new ChunkAssembly(upload.manifest);
  const write = async (chunks: readonly Chunk[]): Promise<void> => {
    for (const { index, bytes } of chunks) await partial.writeChunk(index, bytes);
  };
  await write(assembly.empty());
  while (!assembly.isComplete) {
    const frame = await queue.next({ waitMs: PIECE_MS });
    if (frame === null) throw new BlobError("badFrame", "the upload ended early");
    const request = decodeBlobRequest(frame);
    if (request.type !== "piece" || request.number !== upload.number)
      throw new BlobError("badFrame", "something else came in the middle of an upload");
    await write(assembly.add(request.bytes));
  }
}
