// Content ids: the SHA-256 Merkle root over 4 MiB chunks, bound to the size. Pure arithmetic; whoever reads files brings a fast SHA-256.
import { assert } from "@starling/kernel";
import { concat, sha256 as pureSha256, type Sha256 } from "./digest.ts";
import { fromHex, toHex } from "./hex.ts";
import type { Cid, Hash } from "./ids.ts";

/** Bytes of every chunk but the last. */
export const chunkSize = 4 * 1024 * 1024;

/** Prepended to a chunk before it is hashed, so that no chunk can pass for an inner node. */
export const chunkPrefix: Uint8Array = Uint8Array.of(0x00);
const NODE_PREFIX = Uint8Array.of(0x01);
const ID_PREFIX = Uint8Array.of(0x02);
const CID = /^cid:[0-9a-f]{64}$/;

/** What describes a file besides its name: enough to check each chunk as it arrives. */
export interface ContentManifest {
  readonly size: number;
  /** `chunkHash` of every chunk, in order; one of the empty chunk for an empty file. */
  readonly chunks: readonly Hash[];
}

/** Whether the text is a content id. */
export function isCid(text: string): text is Cid {
  return CID.test(text);
}

/** How many chunks a file of this size has; an empty file has one empty chunk. */
export function chunkCount(size: number): number {
  return Math.max(1, Math.ceil(size / chunkSize));
}

/** The leaf of one chunk. */
export function chunkHash(chunk: Uint8Array, sha256: Sha256 = pureSha256): Uint8Array {
  return sha256(concat(chunkPrefix, chunk));
}

/** The root over chunk hashes; a node without a sibling is carried up as it is. */
export function contentRoot(chunks: readonly Uint8Array[], sha256: Sha256 = pureSha256): Uint8Array {
  assert(chunks.length > 0, "a file has at least one chunk");
  let level: readonly Uint8Array[] = chunks;
  while (level.length > 1) level = parents(level, sha256);
  const root = level[0];
  assert(root !== undefined, "a tree has a root");
  return root;
}

/** The id of a file from its manifest. */
export function contentId(manifest: ContentManifest, sha256: Sha256 = pureSha256): Cid {
  assert(manifest.chunks.length === chunkCount(manifest.size), "a manifest lists one hash per chunk");
  const header = new Uint8Array(12);
  const view = new DataView(header.buffer);
  view.setBigUint64(0, BigInt(manifest.size));
  view.setUint32(8, chunkSize);
  const root = contentRoot(manifest.chunks.map(fromHex), sha256);
  return `cid:${toHex(sha256(concat(ID_PREFIX, header, root))).slice(2)}`;
}

/** The manifest of bytes that are at hand. */
export function manifestOfBytes(bytes: Uint8Array, sha256: Sha256 = pureSha256): ContentManifest {
  const chunks: Hash[] = [];
  for (let i = 0; i < chunkCount(bytes.length); i += 1) {
    chunks.push(toHex(chunkHash(bytes.subarray(i * chunkSize, (i + 1) * chunkSize), sha256)));
  }
  return { size: bytes.length, chunks };
}

/** The id of bytes that are at hand. */
export function contentIdOfBytes(bytes: Uint8Array, sha256: Sha256 = pureSha256): Cid {
  return contentId(manifestOfBytes(bytes, sha256), sha256);
}

/** Whether a foreign manifest is the one of this id, so that its chunk hashes can be trusted. */
export function isManifestOf(cid: Cid, manifest: ContentManifest, sha256: Sha256 = pureSha256): boolean {
  const { size, chunks } = manifest;
  if (!Number.isSafeInteger(size) || size < 0 || chunks.length !== chunkCount(size)) return false;
  return contentId(manifest, sha256) === cid;
}

function parents(level: readonly Uint8Array[], sha256: Sha256): Uint8Array[] {
  const above: Uint8Array[] = [];
  for (let i = 0; i < level.length; i += 2) {
    const left = level[i];
    const right = level[i + 1];
    assert(left !== undefined, "a level has no holes");
    above.push(right === undefined ? left : sha256(concat(NODE_PREFIX, left, right)));
  }
  return above;
}
