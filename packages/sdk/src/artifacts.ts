// Files up and down: hashed before they leave, checked when they arrive, never whole in memory.
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { type Cid, chunkHash, chunkSize, contentId, type Hash, limits, type Sha256, toHex } from "@starling/protocol";
import type { PutArtifactRequest } from "@starling/protocol/rpc";
import { StarlingError } from "./call-error.ts";
import type { StarlingClient } from "./client.ts";
import { makeFolder } from "./folder.ts";
import type { CallOptions } from "./rpc-client.ts";

const sha256: Sha256 = (bytes) => createHash("sha256").update(bytes).digest();

/** A file by its content. */
export interface FileContent {
  readonly cid: Cid;
  readonly size: number;
}

/** A file to upload. One that was made up here comes with its bytes, and its path is for people. */
export interface LocalFile extends FileContent {
  readonly path: string;
  readonly bytes?: Uint8Array;
}

/** Computes the content id of a file. Throws `StarlingError` when it can't be read. */
export async function hashFile(path: string): Promise<FileContent> {
  const info = await stat(path).catch((cause: unknown) => {
    throw new StarlingError("invalidArgument", `cannot read the file ${path}: ${reasonOf(cause)}`, { cause });
  });
  if (!info.isFile()) throw new StarlingError("invalidArgument", `${path} is not a regular file`);
  const chunks = new ChunkHashes();
  for await (const piece of createReadStream(path, { highWaterMark: limits.pieceBytes }))
    chunks.update(piece as Buffer);
  return chunks.finish();
}

/** Those of the files that the coordinator does not have. */
export async function missingFiles<File extends FileContent>(
  client: StarlingClient,
  files: readonly File[],
  options: CallOptions = {},
): Promise<readonly File[]> {
  if (files.length === 0) return [];
  const { missing } = await client.artifacts.hasArtifacts({ cids: files.map(({ cid }) => cid) }, options);
  return files.filter(({ cid }) => missing.includes(cid));
}

/** A file that stands still for so long is given up. */
const IDLE_MS = 60_000;

/** Uploads a file. */
export async function uploadFile(client: StarlingClient, file: LocalFile, options: CallOptions = {}): Promise<void> {
  await client.artifacts.putArtifact(partsOf(file), { idleMs: IDLE_MS, ...options });
}

async function* partsOf({ cid, size, path, bytes }: LocalFile): AsyncIterable<PutArtifactRequest> {
  yield { part: { $case: "header", value: { cid, size: BigInt(size) } } };
  for await (const piece of bytes === undefined
    ? createReadStream(path, { highWaterMark: limits.pieceBytes })
    : [Buffer.from(bytes)]) {
    yield { part: { $case: "piece", value: piece as Buffer } };
  }
}

/** Downloads a file to a path; it appears there only when its content has been checked. */
export async function downloadFile(
  client: StarlingClient,
  target: { readonly cid: Cid; readonly path: string },
  options: CallOptions = {},
): Promise<number> {
  makeFolder(dirname(target.path));
  const partial = `${target.path}.partial`;
  const file = await open(partial, "w");
  try {
    const chunks = new ChunkHashes();
    const range = { cid: target.cid, offset: 0n, length: 0n };
    for await (const { part } of client.artifacts.getArtifact(range, { idleMs: IDLE_MS, ...options })) {
      if (part?.$case !== "piece") continue;
      chunks.update(part.value);
      await file.writeFile(part.value);
    }
    const content = chunks.finish();
    if (content.cid !== target.cid)
      throw new StarlingError("artifactCorrupt", `what arrived is ${content.cid}, not ${target.cid}`);
    await file.close();
    await rename(partial, target.path);
    return content.size;
  } catch (error) {
    await file.close();
    await rm(partial, { force: true });
    throw error;
  }
}

/** Downloads a small file into memory. */
export async function downloadBytes(
  client: StarlingClient,
  cid: Cid,
  options: CallOptions & { readonly bytesMax: number },
): Promise<Uint8Array> {
  const chunks = new ChunkHashes();
  const pieces: Uint8Array[] = [];
  let size = 0;
  const range = { cid, offset: 0n, length: 0n };
  for await (const { part } of client.artifacts.getArtifact(range, { idleMs: IDLE_MS, ...options })) {
    if (part?.$case !== "piece") continue;
    size += part.value.length;
    if (size > options.bytesMax)
      throw new StarlingError("tooLarge", `the file ${cid} is larger than ${options.bytesMax} bytes`);
    chunks.update(part.value);
    pieces.push(part.value);
  }
  if (chunks.finish().cid !== cid) throw new StarlingError("artifactCorrupt", `what arrived is not ${cid}`);
  return Buffer.concat(pieces);
}

// Cuts a stream of pieces into chunks of 4 MiB and hashes each.
class ChunkHashes {
  readonly #hashes: Hash[] = [];
  #parts: Uint8Array[] = [];
  #filled = 0;
  #size = 0;

  update(piece: Uint8Array): void {
    let rest = piece;
    while (rest.length > 0) {
      const part = rest.subarray(0, chunkSize - this.#filled);
      this.#parts.push(part);
      this.#filled += part.length;
      this.#size += part.length;
      rest = rest.subarray(part.length);
      if (this.#filled === chunkSize) this.#close();
    }
  }

  finish(): FileContent {
    if (this.#filled > 0 || this.#hashes.length === 0) this.#close();
    return { cid: contentId({ size: this.#size, chunks: this.#hashes }, sha256), size: this.#size };
  }

  #close(): void {
    this.#hashes.push(toHex(chunkHash(Buffer.concat(this.#parts), sha256)));
    this.#parts = [];
    this.#filled = 0;
  }
}

/** Why a file cannot be read, for people. */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error ? Reflect.get(error, "code") : undefined;
  if (code === "ENOENT") return "there is no such file";
  if (code === "EACCES") return "permission denied";
  if (code === "EISDIR") return "it is a folder";
  return error instanceof Error ? error.message : String(error);
}
