// Content ids against a second implementation made of node:crypto, at sizes around the chunk borders.
import { createHash } from "node:crypto";
import {
  chunkCount,
  chunkSize,
  contentIdOfBytes,
  isCid,
  isManifestOf,
  manifestOfBytes,
  peerIdBytes,
  peerIdHash,
  peerIdOfPublicKey,
  peerIdText,
  publicKeyOfPeerId,
  zeroHash,
} from "@starling/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

const native = (bytes: Uint8Array): Uint8Array => createHash("sha256").update(bytes).digest();

function reference(bytes: Uint8Array): string {
  const sha = (...parts: Uint8Array[]) =>
    parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest();
  let level: Uint8Array[] = [];
  for (let at = 0; at === 0 || at < bytes.length; at += 4194304)
    level.push(sha(Uint8Array.of(0), bytes.subarray(at, at + 4194304)));
  while (level.length > 1) {
    const next: Uint8Array[] = [];
    for (let i = 0; i < level.length; i += 2) {
      const pair = level.slice(i, i + 2);
      const [only = new Uint8Array()] = pair;
      next.push(pair.length === 2 ? sha(Uint8Array.of(1), ...pair) : only);
    }
    level = next;
  }
  const header = Buffer.alloc(12);
  header.writeBigUInt64BE(BigInt(bytes.length), 0);
  header.writeUInt32BE(4194304, 8);
  return `cid:${sha(Uint8Array.of(2), header, ...level).toString("hex")}`;
}

describe("content ids", () => {
  test("agree with a second implementation around the borders of chunks", () => {
    for (const size of [
      0,
      1,
      chunkSize - 1,
      chunkSize,
      chunkSize + 1,
      2 * chunkSize,
      2 * chunkSize + 5,
      4 * chunkSize + 1,
    ]) {
      const bytes = new Uint8Array(size).fill(size % 251);
      const cid = contentIdOfBytes(bytes, native);
      expect(cid).toBe(reference(bytes));
      expect(isCid(cid)).toBe(true);
      expect(isManifestOf(cid, manifestOfBytes(bytes, native), native)).toBe(true);
    }
  });

  test("pure and native SHA-256 give the same id", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => {
        expect(contentIdOfBytes(bytes)).toBe(contentIdOfBytes(bytes, native));
      }),
    );
  });

  test("a manifest with another size, chunk or count is not believed", () => {
    const bytes = Uint8Array.of(1, 2, 3);
    const cid = contentIdOfBytes(bytes);
    const manifest = manifestOfBytes(bytes);
    expect(isManifestOf(cid, { ...manifest, size: 4 })).toBe(false);
    expect(isManifestOf(cid, { ...manifest, chunks: [zeroHash] })).toBe(false);
    expect(isManifestOf(cid, { ...manifest, chunks: [] })).toBe(false);
    expect(isManifestOf(cid, { ...manifest, size: -1 })).toBe(false);
    expect(chunkCount(0)).toBe(1);
  });
});

describe("peer ids", () => {
  test("text and bytes are each other's inverse", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), (bytes) => {
        expect(peerIdBytes(peerIdText(bytes))).toEqual(Uint8Array.from(bytes));
      }),
    );
    expect(peerIdBytes("not base58 0OIl")).toBeNull();
    expect(peerIdBytes("")).toBeNull();
  });

  test("an ed25519 key has the id that libp2p gives it", () => {
    // The peer id of the public key of 32 zero bytes, as printed by js-libp2p.
    const id = peerIdOfPublicKey(new Uint8Array(32));
    expect(id.startsWith("12D3KooW")).toBe(true);
    expect(publicKeyOfPeerId(id)).toEqual(new Uint8Array(32));
    expect(peerIdHash(id)).toMatch(/^0x[0-9a-f]{64}$/);
    expect(publicKeyOfPeerId("QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N")).toBeNull();
  });
});
