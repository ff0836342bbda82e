// A hostile archive costs a worker little memory, whatever it unpacks to.
import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createGzip, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { layer, layoutImage, savedImage } from "./oci-images.ts";

const GROWN_MAX = 100 * 1024 * 1024;
/** Packed as well as gzip can: a thousandth of it. The long run goes to the limit, by several files: one has 8 GiB at most in a plain header. */
const FILE_BYTES = (process.env.STARLING_TEST_FULL === "1" ? 2_800 : 100) * 1024 * 1024;
const BOMB_BYTES = 3 * FILE_BYTES;
const PIECE = Buffer.alloc(4 * 1024 * 1024);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "oci-memory-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function lookedThrough(archive: Uint8Array): { readonly said: string; readonly grown: number } {
  const path = join(folder, "archive");
  writeFileSync(path, archive);
  const program = fileURLToPath(new URL("./oci-memory.ts", import.meta.url));
  return JSON.parse(execFileSync(process.execPath, [program, path]).toString());
}

/** An archive's first header, changed and with its sum made right again. */
function summed(archive: Uint8Array, change: (header: Buffer) => void): Buffer {
  const header = Buffer.from(archive.subarray(0, 512));
  change(header);
  header.fill(0x20, 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return header;
}

/** Files of zeros with their headers, packed. */
async function bomb(): Promise<Buffer> {
  const header = summed(layer([{ name: "zeros" }]), (one) =>
    one.write(FILE_BYTES.toString(8).padStart(11, "0"), 124, "latin1"),
  );
  const path = join(folder, "bomb");
  const file = openSync(path, "w");
  const gzip = createGzip({ level: 1 });
  gzip.on("data", (bytes: Buffer) => writeSync(file, bytes));
  for (let at = 0; at < BOMB_BYTES; at += PIECE.length) {
    if (at % FILE_BYTES === 0) gzip.write(header);
    await new Promise((resolve) => gzip.write(PIECE, resolve));
  }
  await new Promise<void>((resolve) => gzip.end(resolve));
  await new Promise<void>((resolve) => (gzip.readableEnded ? resolve() : gzip.once("end", () => resolve())));
  closeSync(file);
  return readFileSync(path);
}

describe("an archive", () => {
  test(`that unpacks to ${BOMB_BYTES / 1024 ** 2} MiB`, async () => {
    const packed = await bomb();
    expect(statSync(join(folder, "bomb")).size).toBeLessThan(BOMB_BYTES / 100);
    const { said, grown } = lookedThrough(layoutImage({ layers: [layer([])] }, () => packed));
    expect(said).toMatch(/unpack to more than|is not the one of its configuration/);
    expect(grown).toBeLessThan(GROWN_MAX);
  }, 300_000);

  test.each([
    ["an extended header without an end", "x", /an extended header is too large/],
    ["a name without an end", "L", /an extended header is too large/],
  ])("with %s", (_what, type, words) => {
    const archive = layer([{ name: "long", content: Buffer.alloc(150 * 1024 * 1024, "a") }]);
    const header = summed(archive, (one) => one.write(type, 156, "latin1"));
    const { said, grown } = lookedThrough(Buffer.concat([header, archive.subarray(512)]));
    expect(said).toMatch(words);
    expect(grown).toBeLessThan(GROWN_MAX);
  });

  test("with JSON that is nested as deep as it is long", () => {
    const nested = Buffer.alloc(1_048_576, "[");
    const archive = layer([{ name: "manifest.json", content: nested }]);
    expect(lookedThrough(archive).grown).toBeLessThan(GROWN_MAX);
    const large = layer([{ name: "manifest.json", content: Buffer.alloc(150 * 1024 * 1024, " ") }]);
    const { said, grown } = lookedThrough(large);
    expect(said).toMatch(/manifest\.json in it is too large/);
    expect(grown).toBeLessThan(GROWN_MAX);
  });

  test("of 50 MiB that is one", () => {
    const parts = { layers: [layer([{ name: "data", content: Buffer.alloc(50 * 1024 * 1024, "d") }])] };
    for (const archive of [savedImage(parts), layoutImage(parts, gzipSync)]) {
      const { said, grown } = lookedThrough(archive);
      expect(said).toBe("it is an image");
      expect(grown).toBeLessThan(GROWN_MAX);
    }
  });
});
