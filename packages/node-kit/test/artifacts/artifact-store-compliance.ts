// What every artifact store must do; each implementation runs all of it.
import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Cid, chunkSize, contentIdOfBytes, manifestOfBytes } from "@starling/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ArtifactStore } from "../../src/artifacts/artifact-store.ts";
import { fastSha256 } from "../../src/artifacts/chunk-hasher.ts";
import { temporaryDirectory } from "../temporary-directory.ts";

export interface ArtifactStoreHarness {
  readonly name: string;
  open(directory: string, bytesMax: number): Promise<ArtifactStore>;
}

const BUDGET = 64 * 1024 * 1024;

/** Bytes that differ from place to place, so that a swapped chunk is noticed. */
export function pattern(size: number, seed = 1): Uint8Array {
  const words = new Uint32Array(Math.ceil(size / 4));
  let word = seed;
  for (let index = 0; index < words.length; index += 1) {
    word = (Math.imul(word, 1_664_525) + 1_013_904_223) >>> 0;
    words[index] = word;
  }
  return new Uint8Array(words.buffer, 0, size);
}

/** A stream of pieces of the given size. */
async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < bytes.length; offset += size) yield bytes.subarray(offset, offset + size);
}

async function collect(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of source) parts.push(part);
  return new Uint8Array(Buffer.concat(parts));
}

const SIZES = [0, 1, 1_000, chunkSize - 1, chunkSize, chunkSize + 1, 2 * chunkSize, 3 * chunkSize + 17];

function testPutAndRead(harness: ArtifactStoreHarness): void {
  it.each(SIZES)("gives %i bytes the id of the protocol, however they come, and gives them back", async (size) => {
    const store = await harness.open(temporaryDirectory(), BUDGET);
    const bytes = pattern(size);
    const cid = contentIdOfBytes(bytes, fastSha256);
    expect(store.stat(cid)).toBeNull();
    expect(await store.put(pieces(bytes, 70_001))).toEqual({ cid, size });
    expect(await store.put(bytes)).toEqual({ cid, size });
    expect(store.stat(cid)).toEqual({ cid, size });
    expect(await store.manifest(cid)).toEqual(manifestOfBytes(bytes, fastSha256));
    expect(Buffer.compare(await store.readAll(cid, size), bytes)).toBe(0);
  });

  it("gives every range of a file", async () => {
    const store = await harness.open(temporaryDirectory(), BUDGET);
    const bytes = pattern(2 * chunkSize + 100);
    const { cid } = await store.put(bytes);
    const edge = fc.constantFrom(
      0,
      1,
      5,
      chunkSize - 1,
      chunkSize,
      chunkSize + 1,
      2 * chunkSize,
      bytes.length,
      bytes.length + 9,
    );
    await fc.assert(
      fc.asyncProperty(edge, edge, async (offset, length) => {
        const read = await collect(store.open(cid, { offset, length }));
        expect(Buffer.compare(read, bytes.subarray(offset, offset + length))).toBe(0);
      }),
      { numRuns: 30 },
    );
  });

  it("keeps its files when it is opened again", async () => {
    const directory = temporaryDirectory();
    const first = await harness.open(directory, BUDGET);
    const { cid } = await first.put(pattern(chunkSize + 5));
    const second = await harness.open(directory, BUDGET);
    expect(second.stats()).toMatchObject({ count: 1, bytes: chunkSize + 5 });
    expect(Buffer.compare(await second.readAll(cid, BUDGET), pattern(chunkSize + 5))).toBe(0);
  });

  it("imports files and writes copies, but follows no link", async () => {
    const directory = temporaryDirectory();
    const store = await harness.open(join(directory, "store"), BUDGET);
    writeFileSync(join(directory, "in"), "hello");
    symlinkSync(join(directory, "in"), join(directory, "link"));
    const { cid, size } = await store.import(join(directory, "in"));
    expect(size).toBe(5);
    await store.writeTo(cid, join(directory, "out"));
    expect(readFileSync(join(directory, "out"), "utf8")).toBe("hello");
    await expect(store.writeTo(cid, join(directory, "out"))).rejects.toThrow("EEXIST");
    await expect(store.import(join(directory, "link"))).rejects.toThrow();
    await expect(store.import(directory)).rejects.toThrow("not a regular file");
  });
}

function testRefusals(harness: ArtifactStoreHarness): void {
  const unknown: Cid = `cid:${"0".repeat(64)}`;

  it("says when a file is not there", async () => {
    const store = await harness.open(temporaryDirectory(), BUDGET);
    await expect(store.readAll(unknown, 1)).rejects.toMatchObject({ code: "artifactNotFound" });
    await expect(collect(store.open(unknown))).rejects.toMatchObject({ code: "artifactNotFound" });
    expect(await store.remove(unknown)).toBe(false);
  });

  it("refuses what is longer than a bound, and keeps nothing of it", async () => {
    const store = await harness.open(temporaryDirectory(), BUDGET);
    await expect(store.put(pieces(pattern(100), 10), { bytesMax: 99 })).rejects.toMatchObject({ code: "tooLarge" });
    await expect(store.put(pattern(100), { bytesMax: 99 })).rejects.toMatchObject({ code: "tooLarge" });
    const { cid } = await store.put(pattern(100), { bytesMax: 100 });
    await expect(store.readAll(cid, 99)).rejects.toMatchObject({ code: "tooLarge" });
    expect(store.stats()).toMatchObject({ count: 1, bytes: 100 });
  });

  it("stops at an abort, and keeps nothing of it", async () => {
    const store = await harness.open(temporaryDirectory(), BUDGET);
    const abort = new AbortController();
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (let n = 0; ; n += 1) {
        if (n === 5) abort.abort(new Error("enough"));
        yield pattern(1_000, n);
      }
    }
    await expect(store.put(endless(), { signal: abort.signal })).rejects.toThrow("enough");
    expect(store.stats()).toMatchObject({ count: 0, bytes: 0 });
  });
}

function testBudget(harness: ArtifactStoreHarness): void {
  it("evicts what was used longest ago, but nothing that is pinned", async () => {
    const store = await harness.open(temporaryDirectory(), 1_000);
    const a = await store.put(pattern(300, 1));
    const b = await store.put(pattern(300, 2));
    const c = await store.put(pattern(300, 3));
    store.pin(a.cid);
    await store.readAll(b.cid, 300);
    await store.put(pattern(300, 4));
    expect([store.stat(a.cid), store.stat(b.cid), store.stat(c.cid)].map((info) => info !== null)).toEqual([
      true,
      true,
      false,
    ]);
    expect(store.stats()).toMatchObject({ count: 3, bytes: 900, pinned: 1 });
  });

  it("counts what is set aside for others until it is given back", async () => {
    const store = await harness.open(temporaryDirectory(), 1_000);
    const { cid } = await store.put(pattern(300, 1));
    const release = await store.reserve(800);
    expect(store.stat(cid)).toBeNull();
    await expect(store.put(pattern(300, 2))).rejects.toMatchObject({ code: "storageFull" });
    await expect(store.reserve(201)).rejects.toMatchObject({ code: "storageFull" });
    release();
    release();
    await store.put(pattern(300, 2));
    await store.put(pattern(700, 3));
    expect(store.stats()).toMatchObject({ count: 2, bytes: 1_000 });
  });

  it("refuses when all is pinned, and takes it after one was unpinned", async () => {
    const store = await harness.open(temporaryDirectory(), 1_000);
    const { cid } = await store.put(pattern(800, 1));
    store.pin(cid);
    await expect(store.put(pattern(300, 2))).rejects.toMatchObject({ code: "storageFull" });
    await expect(store.put(pieces(pattern(300, 2), 100))).rejects.toMatchObject({ code: "storageFull" });
    store.unpin(cid);
    await store.put(pattern(300, 2));
    expect(store.stats()).toMatchObject({ count: 1, bytes: 300 });
  });
}

function testDownloads(harness: ArtifactStoreHarness): void {
  const bytes = pattern(2 * chunkSize + 9);
  const manifest = manifestOfBytes(bytes, fastSha256);
  const cid = contentIdOfBytes(bytes, fastSha256);
  const chunk = (index: number): Uint8Array => bytes.subarray(index * chunkSize, (index + 1) * chunkSize);

  it("takes chunks in any order and becomes the file", async () => {
    const store = await harness.open(temporaryDirectory(), BUDGET);
    const partial = await store.beginFetch(cid, manifest);
    expect(partial.missing()).toEqual([0, 1, 2]);
    await partial.writeChunk(2, chunk(2));
    await partial.writeChunk(0, chunk(0));
    await partial.writeChunk(0, chunk(0));
    expect([partial.missing(), partial.isComplete]).toEqual([[1], false]);
    await expect(partial.finish()).rejects.toThrow("still lacks 1 chunks");
    await partial.writeChunk(1, chunk(1));
    expect(await partial.finish()).toEqual({ cid, size: bytes.length });
    expect(Buffer.compare(await store.readAll(cid, BUDGET), bytes)).toBe(0);
  });

  it("refuses wrong chunks and foreign manifests", async () => {
    const store = await harness.open(temporaryDirectory(), BUDGET);
    const partial = await store.beginFetch(cid, manifest);
    await expect(partial.writeChunk(0, chunk(1))).rejects.toMatchObject({ code: "artifactCorrupt" });
    await expect(partial.writeChunk(2, chunk(0))).rejects.toMatchObject({ code: "artifactCorrupt" });
    await expect(partial.writeChunk(3, chunk(0))).rejects.toMatchObject({ code: "artifactCorrupt" });
    expect(partial.missing()).toEqual([0, 1, 2]);
    await partial.close({ discard: true });
    const foreign = { ...manifest, size: manifest.size - 1 };
    await expect(store.beginFetch(cid, foreign)).rejects.toMatchObject({ code: "artifactCorrupt" });
  });

  it("goes on where another life of the process stopped", async () => {
    const directory = temporaryDirectory();
    const first = await harness.open(directory, BUDGET);
    const begun = await first.beginFetch(cid, manifest);
    await begun.writeChunk(1, chunk(1));
    await begun.close();
    const second = await harness.open(directory, BUDGET);
    const resumed = await second.beginFetch(cid, manifest);
    expect(resumed.missing()).toEqual([0, 2]);
    await resumed.close({ discard: true });
    const again = await second.beginFetch(cid, manifest);
    expect(again.missing()).toEqual([0, 1, 2]);
    await again.close({ discard: true });
  });

  it("is shared by all who want the same file", async () => {
    const store = await harness.open(temporaryDirectory(), BUDGET);
    const [one, two] = await Promise.all([store.beginFetch(cid, manifest), store.beginFetch(cid, manifest)]);
    await one.writeChunk(0, chunk(0));
    await one.close();
    await two.writeChunk(1, chunk(1));
    await two.writeChunk(2, chunk(2));
    await two.finish();
    expect(store.stats()).toMatchObject({ count: 1, bytes: bytes.length });
  });

  it("reserves its room", async () => {
    const store = await harness.open(temporaryDirectory(), bytes.length + 10);
    const partial = await store.beginFetch(cid, manifest);
    await expect(store.put(pattern(11))).rejects.toMatchObject({ code: "storageFull" });
    await partial.close({ discard: true });
    await store.put(pattern(11));
  });

  it("works for an empty file", async () => {
    const store = await harness.open(temporaryDirectory(), BUDGET);
    const empty = new Uint8Array(0);
    const partial = await store.beginFetch(contentIdOfBytes(empty), manifestOfBytes(empty));
    expect(partial.isComplete).toBe(true);
    expect(await partial.finish()).toMatchObject({ size: 0 });
  });
}

export function testArtifactStore(harness: ArtifactStoreHarness): void {
  describe(`${harness.name}: putting and reading`, () => testPutAndRead(harness));
  describe(`${harness.name}: refusals`, () => testRefusals(harness));
  describe(`${harness.name}: budget`, () => testBudget(harness));
  describe(`${harness.name}: downloads`, () => testDownloads(harness));
}
