// Content ids of files as the client computes them equal those of the protocol, whatever the size.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chunkSize, contentIdOfBytes } from "@starling/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hashFile } from "../src/index.ts";

describe("hashFile", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "starling-sdk-"));
  });
  afterAll(async () => await rm(folder, { recursive: true }));

  it.each([0, 1, 255, 256 * 1024, 256 * 1024 + 1, chunkSize - 1, chunkSize, chunkSize + 1, 2 * chunkSize + 17])(
    "a file of %i bytes",
    async (size) => {
      const bytes = new Uint8Array(size).map((_byte, i) => (i * 31) & 0xff);
      const path = join(folder, `file-${size}`);
      await writeFile(path, bytes);
      expect(await hashFile(path)).toEqual({ cid: contentIdOfBytes(bytes), size });
    },
  );

  it("says which file is missing", async () => {
    await expect(hashFile(join(folder, "nowhere"))).rejects.toThrow(/nowhere: there is no such file/);
  });

  it("refuses a folder", async () => {
    await expect(hashFile(folder)).rejects.toThrow(/is not a regular file/);
  });
});
