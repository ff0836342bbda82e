// Layers of an image, looked through before Docker unpacks them as root: their real size and what is in them, without holding them in memory.
import { createHash } from "node:crypto";
import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { type Content, partOf, readWhole, type Stored } from "../stored.ts";
import { TarError } from "./tar.ts";
import { type TarEntry, tarEntries } from "./tar-reader.ts";

/** What an image may take of the owner's disk, all layers unpacked. */
export const IMAGE_BYTES_MAX = 8 * 1024 ** 3;
/** Files, folders and links of one layer. */
const ENTRIES_MAX = 500_000;

/** Of a usual file system: the least that a file with content takes, and what one without takes. */
const DISK_BLOCK_BYTES = 4_096;
const DISK_ENTRY_BYTES = 512;

/** What Docker may see in a layer's first bytes, in hexadecimal, and unpack: also where a tar archive begins with a file of such a name. */
const otherCompressions: readonly (readonly [string, RegExp])[] = [
  ["zstd", /^(28b52ffd|5[0-9a-f]2a4d18)/],
  ["bzip2", /^425a68/],
  ["xz", /^fd377a585a00/],
];
const HEAD_BYTES = 6;
const GZIP = /^1f8b/;

/** A layer that may be unpacked; `diffId` is the digest by which an image's configuration names it. */
export interface Layer {
  readonly diffId: string;
  /** The plain archive. */
  readonly content: Content;
  /** What it takes once it is unpacked. */
  readonly diskBytes: number;
}

/** A layer that may not, with a sentence that says why. */
export class LayerError extends Error {
  override readonly name = "LayerError";
}

const tooLarge = `its layers unpack to more than ${IMAGE_BYTES_MAX} bytes`;

/** Looks through a layer, packed or plain, that may take so much of the disk; throws `LayerError`. */
export async function lookThrough(packed: Stored, bytesMax: number): Promise<Layer> {
  const plain = await plainOf(packed);
  const hash = createHash("sha256");
  let size = 0;
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const piece of plain()) {
      size += piece.length;
      if (size > bytesMax) throw new LayerError(tooLarge);
      hash.update(piece);
      yield piece;
    }
  }
  try {
    const diskBytes = await diskBytesOf(counted(), bytesMax);
    const diffId = `sha256:${hash.digest("hex")}`;
    return { diffId, diskBytes: Math.max(diskBytes, size), content: { size, read: plain } };
  } catch (error) {
    throw error instanceof TarError ? new LayerError(`a layer: ${error.message}`) : error;
  }
}

async function diskBytesOf(archive: AsyncIterable<Uint8Array>, bytesMax: number): Promise<number> {
  let entries = 0;
  let diskBytes = 0;
  for await (const entry of tarEntries(archive)) {
    entries += 1;
    if (entries > ENTRIES_MAX) throw new LayerError(`a layer has more than ${ENTRIES_MAX} files`);
    checkEntry(entry);
    diskBytes += entryBytes(entry);
    if (diskBytes > bytesMax) throw new LayerError(tooLarge);
  }
  return diskBytes;
}

function checkEntry({ type, isSparse }: TarEntry): void {
  // A hole of terabytes takes a line in an archive, and Docker fills it.
  if (isSparse) throw new LayerError("a layer has sparse files");
  if (type === "3" || type === "4") throw new LayerError("a layer has device nodes");
  if (!"01256".includes(type)) throw new LayerError(`a layer has an entry of the unknown kind ${type}`);
}

// A folder and a long link take a block, and so do a file's attributes, which stand in its extended header.
function entryBytes({ type, size, metaBytes }: TarEntry): number {
  const blocks = Math.ceil(size / DISK_BLOCK_BYTES) + Math.ceil(metaBytes / DISK_BLOCK_BYTES);
  return DISK_ENTRY_BYTES + (blocks + ("25".includes(type) ? 1 : 0)) * DISK_BLOCK_BYTES;
}

/** Opens a layer's plain archive, as often as needed; throws `LayerError` for compressions that Docker may know and we don't. */
async function plainOf(packed: Stored): Promise<() => AsyncIterable<Uint8Array>> {
  const head = await readWhole(partOf(packed, 0, Math.min(HEAD_BYTES, packed.size)), HEAD_BYTES);
  const magic = head?.toString("hex") ?? "";
  const other = otherCompressions.find(([, pattern]) => pattern.test(magic));
  if (other !== undefined)
    throw new LayerError(`a layer is compressed by ${other[0]}; save the image with gzip or plain layers`);
  return GZIP.test(magic) ? () => unpacked(packed) : () => packed.read();
}

async function* unpacked(packed: Stored): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip();
  // An error reaches whoever reads, and who stops reading ends the source.
  pipeline(Readable.from(packed.read()), gunzip, () => undefined);
  try {
    for await (const piece of gunzip) yield piece;
  } catch (error) {
    throw isGzipError(error) ? new LayerError("a layer is no gzip stream") : error;
  }
}

function isGzipError(error: unknown): boolean {
  return error instanceof Error && "code" in error && String(error.code).startsWith("Z_");
}
