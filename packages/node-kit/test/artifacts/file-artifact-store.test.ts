// The file store passes the suite, notices damage, and cleans up after a crash.
import { readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Cid, chunkSize, contentIdOfBytes, manifestOfBytes } from "@starling/protocol";
import { describe, expect, it } from "vitest";
import { openArtifactStore } from "../../src/artifacts/file-artifact-store.ts";
import { temporaryDirectory } from "../temporary-directory.ts";
import { pattern, testArtifactStore } from "./artifact-store-compliance.ts";

const BUDGET = 64 * 1024 * 1024;

testArtifactStore({
  name: "file artifact store",
  open: (directory, bytesMax) => openArtifactStore({ directory, bytesMax, freeBytesMin: 0 }),
});

const objectPath = (directory: string, cid: Cid): string => join(directory, "objects", cid.slice(4, 6), cid.slice(4));

describe("a damaged file", () => {
  const damages: readonly (readonly [string, (path: string) => void])[] = [
    [
      "with one bit flipped",
      (path) => {
        const bytes = readFileSync(path);
        const last = bytes.length - 1;
        bytes[last] = (bytes[last] ?? 0) ^ 1;
        writeFileSync(path, bytes);
      },
    ],
    ["that was truncated", (path) => truncateSync(path, 10)],
  ];

  it.each(damages)("%s is refused, removed, and can be stored again", async (_name, damage) => {
    for (const size of [100, chunkSize + 100]) {
      const directory = temporaryDirectory();
      const store = await openArtifactStore({ directory, bytesMax: BUDGET, freeBytesMin: 0 });
      const { cid } = await store.put(pattern(size));
      damage(objectPath(directory, cid));
      await expect(store.readAll(cid, BUDGET)).rejects.toMatchObject({ code: "artifactCorrupt" });
      expect(store.stat(cid)).toBeNull();
      await store.put(pattern(size));
      expect(Buffer.compare(await store.readAll(cid, BUDGET), pattern(size))).toBe(0);
    }
  });

  it("with a damaged manifest is refused", async () => {
    const directory = temporaryDirectory();
    const store = await openArtifactStore({ directory, bytesMax: BUDGET, freeBytesMin: 0 });
    const { cid } = await store.put(pattern(chunkSize + 100));
    writeFileSync(`${objectPath(directory, cid)}.manifest`, "{");
    await expect(store.readAll(cid, BUDGET)).rejects.toMatchObject({ code: "artifactCorrupt" });
  });
});

describe("downloads that break off", () => {
  it("are kept within a share of the budget, the newest ones, over a restart too", async () => {
    const directory = temporaryDirectory();
    const options = { directory, bytesMax: 8 * 3 * chunkSize, freeBytesMin: 0 };
    const left = () => readdirSync(join(directory, "partial"));
    let store = await openArtifactStore(options);
    const cids: Cid[] = [];
    for (let seed = 1; seed <= 4; seed += 1) {
      if (seed === 4) store = await openArtifactStore(options);
      const bytes = pattern(chunkSize + seed);
      const cid = contentIdOfBytes(bytes);
      const partial = await store.beginFetch(cid, manifestOfBytes(bytes));
      await partial.writeChunk(0, bytes.subarray(0, chunkSize));
      await partial.close();
      cids.push(cid);
    }
    expect(left().sort()).toEqual(
      cids
        .slice(1)
        .map((cid) => cid.slice(4))
        .sort(),
    );
  });
});

describe("a store after a crash", () => {
  it("has no unfinished files left", async () => {
    const directory = temporaryDirectory();
    await openArtifactStore({ directory, bytesMax: BUDGET });
    writeFileSync(join(directory, "temporary", "0"), "half a file");
    const store = await openArtifactStore({ directory, bytesMax: BUDGET });
    expect(readdirSync(join(directory, "temporary"))).toEqual([]);
    expect(store.stats().count).toBe(0);
  });
});

describe("a full disk", () => {
  it("is left to the journal", async () => {
    const store = await openArtifactStore({
      directory: temporaryDirectory(),
      bytesMax: BUDGET,
      freeBytesMin: Number.MAX_SAFE_INTEGER,
    });
    await expect(store.put(pattern(10))).rejects.toMatchObject({ code: "storageFull" });
  });
});
