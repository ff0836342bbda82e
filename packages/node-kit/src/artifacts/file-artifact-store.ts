// Artifacts as plain files outside the database: written aside, synced, and moved into place by one rename.
import { constants, type Stats } from "node:fs";
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Cid, type ContentManifest, chunkSize, isCid, isManifestOf, limits } from "@starling/protocol";
import { errorFields, type Logger, silentLogger } from "../logger.ts";
import { AbandonedPartials } from "./abandoned-partials.ts";
import { ArtifactIndex } from "./artifact-index.ts";
import {
  ArtifactError,
  type ArtifactInfo,
  type ArtifactStats,
  type ArtifactStore,
  type ByteRange,
  type PartialArtifact,
  type PutOptions,
} from "./artifact-store.ts";
import { ChunkHasher, fastSha256, hashChunk } from "./chunk-hasher.ts";
import { syncDirectory, withTemporaryFile, writeAt } from "./disk-files.ts";
import { FreeSpace } from "./free-space.ts";
import { PartialFile } from "./partial-file.ts";

export interface FileArtifactStoreOptions {
  /** Made when it is not there. */
  readonly directory: string;
  /** The budget; least recently used files that nobody pins make room. */
  readonly bytesMax: number;
  /** Free space that is left to the journal and to everybody else on the disk. Default 512 MiB. */
  readonly freeBytesMin?: number;
  readonly logger?: Logger;
}

const FREE_BYTES_MIN = 512 * 1024 * 1024;
const MANIFEST_SUFFIX = ".manifest";
const MANIFESTS_CACHED = 256;
/** Of the budget, for downloads that broke off: an eighth more at the worst. */
const ABANDONED_SHARE = 8;

/** One per directory; `openArtifactStore` makes it. */
class FileArtifactStore implements ArtifactStore {
  readonly #options: FileArtifactStoreOptions;
  readonly #logger: Logger;
  readonly #index: ArtifactIndex;
  readonly #freeSpace: FreeSpace;
  readonly #manifests = new Map<Cid, ContentManifest>();
  readonly #partials = new Map<Cid, { readonly opening: Promise<PartialFile>; users: number }>();
  readonly #abandoned: AbandonedPartials;
  #temporary = 0;

  constructor(options: FileArtifactStoreOptions) {
    this.#options = options;
    this.#logger = options.logger ?? silentLogger;
    this.#index = new ArtifactIndex(options.bytesMax);
    this.#abandoned = new AbandonedPartials(this.#path("partial"), Math.floor(options.bytesMax / ABANDONED_SHARE));
    this.#freeSpace = new FreeSpace(options.directory, options.freeBytesMin ?? FREE_BYTES_MIN);
  }

  /** Removes what a crash left unfinished, and finds what is stored, oldest first. */
  async load(): Promise<void> {
    await rm(this.#path("temporary"), { recursive: true, force: true });
    for (const name of ["temporary", "partial", "objects"])
      await mkdir(this.#path(name), { recursive: true, mode: 0o700 });
    const found: { readonly cid: Cid; readonly stats: Stats }[] = [];
    await this.#abandoned.load();
    for (const shard of await readdir(this.#path("objects"))) {
      for (const name of await readdir(this.#path("objects", shard))) {
        const cid = `cid:${name}`;
        if (isCid(cid)) found.push({ cid, stats: await stat(this.#path("objects", shard, name)) });
      }
    }
    found.sort((a, b) => a.stats.mtimeMs - b.stats.mtimeMs);
    for (const { cid, stats } of found) this.#index.add(cid, stats.size);
  }

  async put(source: Uint8Array | AsyncIterable<Uint8Array>, options: PutOptions = {}): Promise<ArtifactInfo> {
    return source instanceof Uint8Array
      ? await this.#putBytes(source, options)
      : await this.#putStream(source, options);
  }

  async import(path: string, options: PutOptions = {}): Promise<ArtifactInfo> {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const stats = await file.stat();
      if (!stats.isFile()) throw new ArtifactError("artifactNotFound", `${path} is not a regular file`);
      const bytesMax = options.bytesMax ?? limits.artifactBytes;
      if (stats.size > bytesMax) throw tooLarge(stats.size, bytesMax);
      return await this.put(file.createReadStream({ autoClose: false, highWaterMark: 1024 * 1024 }), options);
    } finally {
      await file.close();
    }
  }

  stat(cid: Cid): ArtifactInfo | null {
    const size = this.#index.size(cid);
    return size === undefined ? null : { cid, size };
  }

  async manifest(cid: Cid): Promise<ContentManifest> {
    const known = this.#manifests.get(cid);
    if (known !== undefined) return known;
    const size = this.#sizeOf(cid);
    const manifest = size <= chunkSize ? await this.#smallManifest(cid) : await this.#storedManifest(cid);
    if (!isManifestOf(cid, manifest, fastSha256)) throw await this.#corrupt(cid);
    if (this.#manifests.size >= MANIFESTS_CACHED) this.#manifests.clear();
    this.#manifests.set(cid, manifest);
    return manifest;
  }

  async *open(
    cid: Cid,
    range?: ByteRange,
    options: { readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<Uint8Array> {
    const manifest = await this.manifest(cid);
    this.#index.touch(cid);
    const start = Math.min(range?.offset ?? 0, manifest.size);
    const end = Math.min(start + (range?.length ?? manifest.size), manifest.size);
    if (start >= end) return;
    const file = await this.#openObject(cid);
    try {
      for (let index = Math.floor(start / chunkSize); index * chunkSize < end; index += 1) {
        options.signal?.throwIfAborted();
        const at = index * chunkSize;
        const chunk = Buffer.allocUnsafe(Math.min(chunkSize, manifest.size - at));
        const { bytesRead } = await file.read(chunk, 0, chunk.length, at);
        if (bytesRead !== chunk.length || hashChunk(chunk) !== manifest.chunks[index]) throw await this.#corrupt(cid);
        yield chunk.subarray(Math.max(0, start - at), Math.min(chunk.length, end - at));
      }
    } finally {
      await file.close();
    }
  }

  async readAll(cid: Cid, bytesMax: number, options: { readonly signal?: AbortSignal } = {}): Promise<Uint8Array> {
    const size = this.#sizeOf(cid);
    if (size > bytesMax) throw tooLarge(size, bytesMax);
    const all = new Uint8Array(size);
    let offset = 0;
    for await (const piece of this.open(cid, undefined, options)) {
      all.set(piece, offset);
      offset += piece.length;
    }
    return all;
  }

  async writeTo(cid: Cid, path: string, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    const file = await open(path, "wx", 0o600);
    try {
      let position = 0;
      for await (const piece of this.open(cid, undefined, options)) {
        await writeAt(file, piece, position);
        position += piece.length;
      }
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    } finally {
      await file.close();
    }
  }

  async reserve(bytes: number): Promise<() => void> {
    await this.#reserve(bytes);
    let isHeld = true;
    return () => {
      if (isHeld) this.#index.release(bytes);
      isHeld = false;
    };
  }

  async beginFetch(cid: Cid, manifest: ContentManifest): Promise<PartialArtifact> {
    if (!isManifestOf(cid, manifest, fastSha256)) {
      throw new ArtifactError("artifactCorrupt", `the manifest is not that of ${cid}. Ask somebody else for it`);
    }
    if (manifest.size > limits.artifactBytes) throw tooLarge(manifest.size, limits.artifactBytes);
    const shared = this.#partials.get(cid);
    if (shared !== undefined) {
      shared.users += 1;
      return await shared.opening;
    }
    const opening = this.#openPartial(cid, manifest);
    this.#partials.set(cid, { opening, users: 1 });
    try {
      return await opening;
    } catch (error) {
      this.#partials.delete(cid);
      throw error;
    }
  }

  pin(cid: Cid): void {
    this.#index.pin(cid);
  }

  unpin(cid: Cid): void {
    this.#index.unpin(cid);
  }

  async remove(cid: Cid): Promise<boolean> {
    const known = this.#index.delete(cid);
    this.#manifests.delete(cid);
    // The file first: without it a manifest is litter, which the next put of the same content uses again.
    await rm(this.#object(cid), { force: true });
    await rm(this.#object(cid) + MANIFEST_SUFFIX, { force: true });
    return known;
  }

  stats(): ArtifactStats {
    const { count, bytes, bytesMax, pinned } = this.#index;
    return { count, bytes, bytesMax, pinned };
  }

  async #putBytes(bytes: Uint8Array, options: PutOptions): Promise<ArtifactInfo> {
    const bytesMax = options.bytesMax ?? limits.artifactBytes;
    if (bytes.length > bytesMax) throw tooLarge(bytes.length, bytesMax);
    const hasher = new ChunkHasher();
    hasher.update(bytes);
    const { cid, manifest } = hasher.finish();
    if (this.#touched(cid)) return { cid, size: bytes.length };
    await this.#reserve(bytes.length);
    try {
      const path = this.#temporaryPath();
      await withTemporaryFile(path, async (file) => {
        await writeAt(file, bytes, 0);
        await this.#keep(cid, manifest, { file, path, durable: options.durable ?? true });
      });
    } finally {
      this.#index.release(bytes.length);
    }
    return { cid, size: bytes.length };
  }

  async #putStream(pieces: AsyncIterable<Uint8Array>, options: PutOptions): Promise<ArtifactInfo> {
    const bytesMax = options.bytesMax ?? limits.artifactBytes;
    const hasher = new ChunkHasher();
    let reserved = 0;
    try {
      const path = this.#temporaryPath();
      return await withTemporaryFile(path, async (file) => {
        for await (const piece of pieces) {
          options.signal?.throwIfAborted();
          const position = hasher.size;
          if (position + piece.length > bytesMax) throw tooLarge(position + piece.length, bytesMax);
          await this.#reserve(piece.length);
          reserved += piece.length;
          hasher.update(piece);
          await writeAt(file, piece, position);
        }
        const { cid, manifest } = hasher.finish();
        if (!this.#touched(cid)) await this.#keep(cid, manifest, { file, path, durable: options.durable ?? true });
        return { cid, size: manifest.size };
      });
    } finally {
      this.#index.release(reserved);
    }
  }

  #temporaryPath(): string {
    this.#temporary += 1;
    return this.#path("temporary", String(this.#temporary));
  }

  async #openPartial(cid: Cid, manifest: ContentManifest): Promise<PartialFile> {
    await this.#reserve(manifest.size);
    this.#abandoned.take(cid);
    const path = this.#abandoned.path(cid);
    const file = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600);
    let isOpen = true;
    const end = async (discard: boolean): Promise<void> => {
      if (!isOpen) return;
      isOpen = false;
      this.#partials.delete(cid);
      this.#index.release(manifest.size);
      const { size } = await file.stat();
      await file.close();
      if (discard) await rm(path, { force: true });
      else if (!this.#partials.has(cid)) this.#abandoned.keep(cid, size);
    };
    const close = async (discard: boolean): Promise<void> => {
      const shared = this.#partials.get(cid);
      if (shared !== undefined) shared.users -= 1;
      if (shared === undefined || shared.users === 0) await end(discard);
    };
    const finish = async (): Promise<ArtifactInfo> => {
      if (isOpen && this.stat(cid) === null) await this.#keep(cid, manifest, { file, path, durable: true });
      await end(true);
      return { cid, size: manifest.size };
    };
    const partial = new PartialFile(cid, manifest, { file, end: { finish, close } });
    await partial.findChunks();
    return partial;
  }

  // The manifest goes first and the rename last: a file that has its name is complete.
  async #keep(
    cid: Cid,
    manifest: ContentManifest,
    { file, path, durable }: { readonly file: FileHandle; readonly path: string; readonly durable: boolean },
  ): Promise<void> {
    const target = this.#object(cid);
    const directory = join(target, "..");
    await mkdir(directory, { recursive: true, mode: 0o700 });
    if (manifest.chunks.length > 1)
      await writeFile(target + MANIFEST_SUFFIX, JSON.stringify(manifest), { flush: durable, mode: 0o600 });
    if (durable) await file.datasync();
    await rename(path, target);
    if (durable) await syncDirectory(directory);
    this.#index.add(cid, manifest.size);
  }

  async #reserve(bytes: number): Promise<void> {
    await this.#freeSpace.demand(bytes);
    for (const cid of this.#index.reserve(bytes)) {
      this.#logger.debug("artifact evicted", { cid });
      await this.remove(cid);
    }
  }

  #touched(cid: Cid): boolean {
    const known = this.#index.size(cid) !== undefined;
    if (known) this.#index.touch(cid);
    return known;
  }

  #sizeOf(cid: Cid): number {
    const size = this.#index.size(cid);
    if (size === undefined) throw notFound(cid);
    return size;
  }

  // A file of one chunk needs no stored manifest: its id says whether the bytes are right.
  async #smallManifest(cid: Cid): Promise<ContentManifest> {
    const file = await this.#openObject(cid);
    try {
      const bytes = await file.readFile();
      return { size: bytes.length, chunks: [hashChunk(bytes)] };
    } finally {
      await file.close();
    }
  }

  async #openObject(cid: Cid): Promise<FileHandle> {
    try {
      return await open(this.#object(cid), "r");
    } catch (error) {
      // Evicted in between, or deleted by hand.
      this.#index.delete(cid);
      this.#logger.warn("artifact is not on disk", { cid, ...errorFields(error) });
      throw notFound(cid);
    }
  }

  async #storedManifest(cid: Cid): Promise<ContentManifest> {
    try {
      return JSON.parse(await readFile(this.#object(cid) + MANIFEST_SUFFIX, "utf8")) as ContentManifest;
    } catch (error) {
      this.#logger.error("artifact has no readable manifest", { cid, ...errorFields(error) });
      throw await this.#corrupt(cid);
    }
  }

  // Removed at once, so that the next one who needs it fetches or makes it again.
  async #corrupt(cid: Cid): Promise<ArtifactError> {
    await this.remove(cid);
    this.#logger.error("artifact was damaged on disk and is removed", { cid });
    return new ArtifactError("artifactCorrupt", `${cid} was damaged on disk and is removed. Fetch it again`);
  }

  #path(...parts: readonly string[]): string {
    return join(this.#options.directory, ...parts);
  }

  #object(cid: Cid): string {
    const name = cid.slice(4);
    return this.#path("objects", name.slice(0, 2), name);
  }
}

/** Opens or creates a store. Its directory must not be shared; the daemon's own lock sees to that. */
export async function openArtifactStore(options: FileArtifactStoreOptions): Promise<ArtifactStore> {
  const store = new FileArtifactStore(options);
  await store.load();
  return store;
}

function notFound(cid: Cid): ArtifactError {
  return new ArtifactError("artifactNotFound", `${cid} is not stored here. Fetch it first`);
}

function tooLarge(bytes: number, bytesMax: number): ArtifactError {
  return new ArtifactError("tooLarge", `an artifact of ${bytes} bytes exceeds the limit of ${bytesMax}`);
}
