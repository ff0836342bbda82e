// The port of the artifact store: files named by their content, verified whenever they are read.
import type { Cid, ContentManifest } from "@starling/protocol";

/** A stored file. */
export interface ArtifactInfo {
  readonly cid: Cid;
  /** Bytes. */
  readonly size: number;
}

/** Which bytes to read; what lies beyond the end is not an error. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

export interface PutOptions {
  readonly signal?: AbortSignal;
  /** Refuses with `tooLarge` what is longer. */
  readonly bytesMax?: number;
  /** False skips the sync: for what can be made or fetched again. Default true. */
  readonly durable?: boolean;
}

/** A download in progress; chunks may come in any order, from anybody, and over many lives of the process. */
export interface PartialArtifact {
  readonly cid: Cid;
  readonly size: number;
  /** Indices of the chunks that are not there yet, in order. */
  missing(): number[];
  readonly isComplete: boolean;
  /** Verifies and writes one chunk; writing a chunk twice is harmless. Throws `artifactCorrupt` for wrong bytes. */
  writeChunk(index: number, bytes: Uint8Array): Promise<void>;
  /** Makes the complete file an artifact. */
  finish(): Promise<ArtifactInfo>;
  /** Stops using it. The chunks stay for a later `beginFetch`, unless they are to be discarded. */
  close(options?: { readonly discard?: boolean }): Promise<void>;
}

/** What the store holds. */
export interface ArtifactStats {
  readonly count: number;
  readonly bytes: number;
  readonly bytesMax: number;
  readonly pinned: number;
}

/** Content-addressed files within a budget. Whoever needs a file to stay pins it; the rest is a cache. */
export interface ArtifactStore {
  /** Stores bytes or a stream; storing what is there already only marks it as used. */
  put(source: Uint8Array | AsyncIterable<Uint8Array>, options?: PutOptions): Promise<ArtifactInfo>;
  /** Stores a copy of a regular file; refuses links, so that no task's output can name a foreign file. */
  import(path: string, options?: PutOptions): Promise<ArtifactInfo>;
  /** Size and id, or null. Does not read the file. */
  stat(cid: Cid): ArtifactInfo | null;
  /** What describes the file to somebody who wants to fetch it. Throws `artifactNotFound`. */
  manifest(cid: Cid): Promise<ContentManifest>;
  /** The bytes of a range, default all, verified before they are given out. Throws `artifactNotFound`, `artifactCorrupt`. */
  open(cid: Cid, range?: ByteRange, options?: { readonly signal?: AbortSignal }): AsyncIterable<Uint8Array>;
  /** All bytes at once; throws `tooLarge` when there are more than the bound. */
  readAll(cid: Cid, bytesMax: number, options?: { readonly signal?: AbortSignal }): Promise<Uint8Array>;
  /** Writes a verified copy to a path that must not exist. */
  writeTo(cid: Cid, path: string, options?: { readonly signal?: AbortSignal }): Promise<void>;
  /** Sets room of the budget aside for files elsewhere, such as copies; give it back by the returned call. Throws `storageFull`. */
  reserve(bytes: number): Promise<() => void>;
  /** Begins or continues a download; callers for the same id share it, and each closes or finishes it. Throws `artifactCorrupt` when the manifest is not that of the id. */
  beginFetch(cid: Cid, manifest: ContentManifest): Promise<PartialArtifact>;
  /** Keeps the file from eviction until as many `unpin` came; it need not be there yet. */
  pin(cid: Cid): void;
  unpin(cid: Cid): void;
  /** Deletes it, pinned or not; false when it was not there. */
  remove(cid: Cid): Promise<boolean>;
  stats(): ArtifactStats;
}

/** Why the store refuses. */
export type ArtifactErrorCode = "artifactNotFound" | "artifactCorrupt" | "tooLarge" | "storageFull";

/** An artifact that cannot be stored or read; the message says what, why and what to try. */
export class ArtifactError extends Error {
  override readonly name = "ArtifactError";
  readonly code: ArtifactErrorCode;

  constructor(code: ArtifactErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
