// What images are run: archives of both forms are read without Docker, and what could act outside of a task's limits is refused or left out.
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { archiveParts } from "../../src/shell/executors/oci/archive.ts";
import { archiveOf, diskBytesOf, type Image, imageOf, refusalOf } from "../../src/shell/executors/oci/image.ts";
import type { ImageRefusal } from "../../src/shell/executors/oci/manifest.ts";
import { probeImage } from "../../src/shell/executors/oci/probe-program.ts";
import { type TarEntry, tarEntries } from "../../src/shell/executors/oci/tar-reader.ts";
import { type Content, inMemory } from "../../src/shell/executors/stored.ts";
import { type ImageParts, layer, layoutImage, savedImage } from "./oci-images.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const files = layer([{ name: "bin/tool", content: bytes("a tool") }]);
const others = layer([{ name: "etc/setting", content: bytes("a setting") }]);
const parts: ImageParts = {
  layers: [files, others],
  config: { Entrypoint: ["/bin/tool"], Cmd: ["-v"], Env: ["A=b=c", "PATH=/bin"], WorkingDir: "/work" },
};

async function read(archive: Uint8Array): Promise<Image> {
  return await imageOf(await archiveParts(inMemory(archive)));
}

/** Why it is none; what is no refusal is thrown on. */
async function refusal(archive: Uint8Array): Promise<ImageRefusal> {
  try {
    await read(archive);
  } catch (error) {
    const found = refusalOf(error);
    if (found !== null) return found;
    throw error;
  }
  throw new Error("it was read");
}

async function whole(content: Pick<Content, "read">): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of content.read()) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** The same bytes with another kind of entry in its first header. */
function retyped(archive: Uint8Array, type: string): Uint8Array {
  const changed = Buffer.from(archive);
  const entry = changed.indexOf("bin/tool");
  changed.write(type, entry + 156, "latin1");
  changed.fill(0x20, entry + 148, entry + 156);
  const sum = changed.subarray(entry, entry + 512).reduce((total, byte) => total + byte, 0);
  changed.write(`${sum.toString(8).padStart(6, "0")}\0 `, entry + 148, "latin1");
  return changed;
}

/** The first entry with this text at this place of its header, and its sum made right again. */
function patched(archive: Uint8Array, at: number, text: string): Uint8Array {
  const changed = Buffer.from(archive);
  changed.write(text, at, "latin1");
  changed.fill(0x20, 148, 156);
  const sum = changed.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  changed.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return changed;
}

/** An extended header with one record, before an archive. */
function extended(record: string, archive: Uint8Array): Uint8Array {
  const content = bytes(`${record.length + 4} ${record}\n`);
  // One block of header and one of content, without the archive's end.
  const block = layer([{ name: "extended", content }]).subarray(0, 1_024);
  return Buffer.concat([patched(block, 156, "x"), archive]);
}

describe("a layer that other readers take otherwise", () => {
  const folder = layer([
    { name: "hides", isFolder: true },
    { name: "bin/tool", content: bytes("a tool") },
  ]);
  test.each([
    ["a folder with content, that hides what follows", patched(folder, 124, "00000001000\0"), /no file has content/],
    ["an extended size, that moves the reader back", extended("size=-1536", files), /names a size/],
    ["an extended size that is empty", extended("size=", files), /names a size/],
    ["two extended headers", extended("path=a", extended("path=b", files)), /two extended headers/],
    ["a number behind a zero byte", patched(files, 124, "\x007777777777\0"), /a number in it is none/],
    ["something after its end", Buffer.concat([files, files]), /goes on after its end/],
    ["a first name that begins like zstd", patched(files, 0, "\x50\x2a\x4d\x18"), /compressed by zstd/],
    ["a first name that begins like bzip2", patched(files, 0, "BZh9"), /compressed by bzip2/],
  ])("is refused: %s", async (_what, one, words) => {
    expect(await refusal(savedImage({ ...parts, layers: [one] }))).toMatchObject({
      kind: "badProgram",
      message: expect.stringMatching(words),
    });
  });
});

describe("an archive", () => {
  test.each([
    ["of docker save", savedImage(parts)],
    ["of an OCI layout", layoutImage(parts, (plain) => plain)],
    ["of an OCI layout with packed layers", layoutImage(parts, gzipSync)],
  ])("%s is an image with its layers, entry point, command, environment and folder", async (_form, archive) => {
    const image = await read(archive);
    expect(await Promise.all(image.layers.map(({ content }) => whole(content)))).toEqual([files, others]);
    expect(image).toMatchObject({ entrypoint: ["/bin/tool"], command: ["-v"], directory: "/work" });
    expect(image.env).toEqual({ A: "b=c", PATH: "/bin" });
  });

  test.each([
    ["bytes that are none", bytes("x".repeat(2_000)), "badModule", "no image archive"],
    ["one that is cut off", savedImage(parts).subarray(0, 700), "badModule", "cut off"],
    ["one without an image", files, "badModule", "neither manifest.json nor index.json"],
    [
      "another processor",
      savedImage({ ...parts, platform: { os: "linux", architecture: "arm64" } }),
      "badProgram",
      "linux/arm64",
    ],
    ["a device", savedImage({ ...parts, layers: [retyped(files, "4")] }), "badProgram", "device nodes"],
    ["a sparse file", savedImage({ ...parts, layers: [retyped(files, "S")] }), "badProgram", "sparse files"],
    [
      "an entry of another kind",
      savedImage({ ...parts, layers: [retyped(files, "V")] }),
      "badProgram",
      "unknown kind V",
    ],
    [
      "a packed form that Docker may not know",
      layoutImage(parts, () => Buffer.from("28b52ffd00", "hex")),
      "badProgram",
      "zstd",
    ],
    ["a broken layer", layoutImage(parts, () => Buffer.from("1f8b000000", "hex")), "badProgram", "no gzip stream"],
    [
      "other layers than it says",
      layoutImage(parts, () => gzipSync(files)),
      "badModule",
      "not the one of its configuration",
    ],
    ["no layers", savedImage({ layers: [] }), "badProgram", "0 layers"],
  ])("%s is refused, with a reason", async (...[, archive, kind, message]) => {
    expect(await refusal(archive)).toMatchObject({ kind, message: expect.stringContaining(message) });
  });

  test("anything at all is refused or read, never thrown on", async () => {
    const whole = savedImage(parts);
    const changes = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(changes, async (changed) => {
        const archive = Buffer.from(whole);
        for (const [at, value] of changed) archive[at] = value;
        const outcome = await read(archive).catch(refusalOf);
        expect(outcome).not.toBeNull();
      }),
    );
  });
});

test("Docker is given the layers under our name, and nothing else of the image", async () => {
  const hostile = savedImage(
    { ...parts, config: { ...parts.config, User: "0", Volumes: { "/data": {} }, Healthcheck: { Test: ["CMD", "x"] } } },
    "debian:12",
  );
  const image = await read(hostile);
  const archive = await whole({ read: () => archiveOf(image, "starling-key:digest") });
  const found: TarEntry[] = [];
  for await (const entry of tarEntries(inMemory(archive).read())) found.push(entry);
  expect(found.map(({ name }) => name)).toEqual([
    "manifest.json",
    expect.stringMatching(/^[0-9a-f]{64}\.json$/),
    "0.tar",
    "1.tar",
    "2.tar",
  ]);
  const [manifest, config, , , last] = found.map(({ at, size }) => archive.subarray(at, at + size));
  expect(JSON.parse(String(manifest))).toEqual([
    { Config: found[1]?.name, RepoTags: ["starling-key:digest"], Layers: ["0.tar", "1.tar", "2.tar"] },
  ]);
  expect(JSON.parse(String(config))).toMatchObject({ config: {} });
  expect(String(config)).not.toMatch(/data|Healthcheck|User/);
  expect(
    `${createHash("sha256")
      .update(config ?? "")
      .digest("hex")}.json`,
  ).toBe(found[1]?.name);
  // Over all of its own lie the groups among which Docker looks for a number, with no task's among them.
  expect(String(last)).toMatch(/etc\/group.*root:x:0:/s);
  expect(String(last)).not.toMatch(/19\d{8}/);
});

test("takes what it takes of a disk, where small files need blocks", async () => {
  const many = layer(Array.from({ length: 1_000 }, (_, i) => ({ name: `file-${i}`, content: bytes("x") })));
  expect(diskBytesOf(await read(savedImage({ ...parts, layers: [many] })))).toBeGreaterThan(1_000 * 4_096);
});

test("the probe's image is one that can be read", async () => {
  expect(await read(probeImage())).toMatchObject({
    entrypoint: ["/probe"],
    layers: [{ diffId: expect.any(String) }],
  });
});
