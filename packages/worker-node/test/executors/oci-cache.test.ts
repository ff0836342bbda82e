// Images that Docker has been given: kept for the next task, given up for others when nobody has them, and loaded once however many ask.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, expect, test } from "vitest";
import { type ImageSource, Images } from "../../src/shell/executors/oci/images.ts";
import { inMemory } from "../../src/shell/executors/stored.ts";
import { layer, savedImage } from "./oci-images.ts";

const folder = mkdtempSync(join(tmpdir(), "oci-cache-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let loads: number;
let removed: string[];
let images: Images;
beforeEach(() => {
  loads = 0;
  removed = [];
  const engine = {
    loadImage: async (archive: AsyncIterable<Uint8Array>) => {
      loads += 1;
      for await (const _piece of archive);
    },
    removeImage: async (name: string) => {
      removed.push(name);
    },
  };
  const { signal } = new AbortController();
  images = new Images(engine, { key: "key", folder, rootFolder: folder, signal });
});

const archive = inMemory(savedImage({ layers: [layer([{ name: "a", content: Buffer.from("a") }])] }));
const source = (name: string): ImageSource => ({ kind: "archive", digest: `cid:${name}`, archive });
const load = (of: ImageSource) => images.load(of, { payer: "0x1", signal: new AbortController().signal });
const nameOf = (name: string): string => `starling-key:cid${name}`;

test("many that ask for one image at a time get it by one load, and the next without any", async () => {
  const all = await Promise.all([1, 2, 3].map(() => load(source("a"))));
  expect(all.map(({ kind }) => kind)).toEqual(["loaded", "loaded", "loaded"]);
  expect(await load(source("a"))).toMatchObject({ name: nameOf("a") });
  expect(loads).toBe(1);
});

test("the least recently used goes for the 65th, but none that a task has", async () => {
  const names = Array.from({ length: 64 }, (_, i) => `image${i}`);
  for (const name of names) await load(source(name));
  for (const name of names.slice(1)) images.release(source(name));
  // Used again, so that the third is the oldest that nobody has.
  await load(source("image1"));
  images.release(source("image1"));
  await load(source("one-more"));
  expect(removed).toEqual([nameOf("image2")]);
  await load(source("image2"));
  expect(loads).toBe(66);
});

test("what is wrong with an image is found once, what is wrong with the machine is tried again", async () => {
  let reads = 0;
  const read = (): AsyncIterable<Uint8Array> => {
    reads += 1;
    if (reads === 1) throw new Error("the disk is away");
    return inMemory(Buffer.from("no image at all")).read();
  };
  const bad: ImageSource = { kind: "archive", digest: "cid:bad", archive: { size: 15, read } };
  await expect(load(bad)).rejects.toThrow("the disk is away");
  expect(await load(bad)).toMatchObject({ kind: "badModule" });
  expect(await load(bad)).toMatchObject({ kind: "badModule" });
  expect(reads).toBe(2);
  expect(loads).toBe(0);
});
