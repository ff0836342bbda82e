// Layers of an image, looked through before Docker unpacks them as root: their real size, what is in them, whom they name.
import { createHash, type Hash } from "node:crypto";
import { setImmediate as turn } from "node:timers/promises";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { TarError, tarEntries } from "./tar.ts";

/** What an image may take of the owner's disk, all layers unpacked. */
export const IMAGE_BYTES_MAX = 2 * 1024 ** 3;
/** Files, folders and links of one layer. */
const ENTRIES_MAX = 500_000;

/** Between two of these, others get their turn. */
const CHUNK_BYTES = 4 * 1024 * 1024;
const CHUNK_ENTRIES = 2_000;

/** What Docker may see in a layer's first bytes, in hexadecimal, and unpack: also where a tar archive begins with a file of such a name. */
const otherCompressions: readonly (readonly [string, RegExp])[] = [
  ["zstd", /^(28b52ffd|5[0-9a-f]2a4d18)/],
  ["bzip2", /^425a68/],
  ["xz", /^fd377a585a00/],
];

/** A layer that may be unpacked; `diffId` is the digest by which an image's configuration names it. */
export interface Layer {
  readonly diffId: string;
  readonly bytes: Uint8Array;
}

/** A layer that may not, with a sentence that says why. */
export class LayerError extends Error {
  override readonly name = "LayerError";
}

/** Unpacks a layer's compression; throws `LayerError` where it would grow beyond the limit. */
export async function uncompressed(bytes: Uint8Array, bytesMax: number): Promise<Uint8Array> {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 6)).toString("hex");
  const other = otherCompressions.find(([, magic]) => magic.test(head));
  if (other !== undefined)
    throw new LayerError(`a layer is compressed by ${other[0]}; save the image with gzip or plain layers`);
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  if (!isGzip) {
    if (bytes.length > bytesMax) throw new LayerError(tooLarge);
    return bytes;
  }
  try {
    return await promisify(gunzip)(bytes, { maxOutputLength: Math.max(1, bytesMax) });
  } catch (error) {
    const isTooLarge = error instanceof RangeError;
    throw new LayerError(isTooLarge ? tooLarge : "a layer is no gzip stream");
  }
}

const tooLarge = `its layers unpack to more than ${IMAGE_BYTES_MAX} bytes`;

/** Looks through a plain layer; throws `LayerError`. */
export async function lookThrough(bytes: Uint8Array): Promise<Layer> {
  let entries = 0;
  try {
    for (const { type, extensions } of tarEntries(bytes)) {
      entries += 1;
      if (entries > ENTRIES_MAX) throw new LayerError(`a layer has more than ${ENTRIES_MAX} files`);
      if (entries % CHUNK_ENTRIES === 0) await turn();
      // A hole of terabytes takes a line in an archive, and Docker fills it.
      if (type === "S" || extensions.some((key) => key.startsWith("GNU.sparse")))
        throw new LayerError("a layer has sparse files");
      if (type === "3" || type === "4") throw new LayerError("a layer has device nodes");
      if (!"01256".includes(type)) throw new LayerError(`a layer has an entry of the unknown kind ${type}`);
    }
  } catch (error) {
    throw error instanceof TarError ? new LayerError(`a layer: ${error.message}`) : error;
  }
  return { diffId: `sha256:${(await digestOf(bytes)).digest("hex")}`, bytes };
}

async function digestOf(bytes: Uint8Array): Promise<Hash> {
  const hash = createHash("sha256");
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    hash.update(bytes.subarray(at, at + CHUNK_BYTES));
    await turn();
  }
  return hash;
}

/**
 * Whether a file in the layer may name one of these users or groups. Docker looks up even a number among the names in an image's /etc/passwd
 * and /etc/group first: a user called 1900000001 with the id 0 would make root of a task.
 */
export async function namesUsers(bytes: Uint8Array, prefix: string): Promise<boolean> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let from = 0;
  for (let chunk = 0; chunk < buffer.length; chunk += CHUNK_BYTES) {
    // A little more than a chunk, for what lies across its end.
    const window = buffer.subarray(chunk, chunk + CHUNK_BYTES + 32);
    for (from = window.indexOf(prefix); from >= 0; from = window.indexOf(prefix, from + 1)) {
      if (/^\d{3}:/.test(window.toString("latin1", from + prefix.length, from + prefix.length + 4))) return true;
    }
    await turn();
  }
  return false;
}
