// Small files stay in memory, within a bound; large ones and forgotten ones come from the store.
import type { ArtifactStore } from "@starling/node-kit";
import { expect, test } from "vitest";
import { MemoryCache } from "../../src/shell/memory-cache.ts";
import { newStore, temporaryDirectory } from "./support.ts";

const mebibyte = 1024 * 1024;

async function counted(): Promise<{
  readonly store: ArtifactStore;
  readonly cache: MemoryCache;
  readonly reads: string[];
}> {
  const store = await newStore(temporaryDirectory());
  const reads: string[] = [];
  const readAll: ArtifactStore["readAll"] = (cid, bytesMax) => {
    reads.push(cid);
    return store.readAll(cid, bytesMax);
  };
  return { store, reads, cache: new MemoryCache({ readAll } as ArtifactStore) };
}

test("a file is read once, one that was kept not at all", async () => {
  const { store, cache, reads } = await counted();
  const [first, second] = [new Uint8Array([1, 2, 3]), new Uint8Array([4])];
  const [one, two] = [await store.put(first), await store.put(second)];
  cache.keep(two.cid, second);
  for (const _again of [1, 2]) {
    expect(await cache.read(one)).toEqual(first);
    expect(await cache.read(two)).toEqual(second);
  }
  expect(reads).toEqual([one.cid]);
});

test("what is large is never kept, and what was used longest ago goes first", async () => {
  const { store, cache, reads } = await counted();
  const large = await store.put(new Uint8Array(9 * mebibyte));
  await cache.read(large);
  await cache.read(large);
  expect(reads.splice(0)).toEqual([large.cid, large.cid]);
  const files = await Promise.all([1, 2, 3, 4, 5].map((byte) => store.put(new Uint8Array(7 * mebibyte).fill(byte))));
  for (const file of files) await cache.read(file);
  reads.splice(0);
  await cache.read(files[4] ?? large);
  await cache.read(files[0] ?? large);
  expect(reads).toEqual([files[0]?.cid]);
});
