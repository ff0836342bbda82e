// Roots on disk: what an archive may not hold, and how the cache keeps, looks at, makes room for and sweeps what was unpacked.
import { execFileSync } from "node:child_process";
import { EventEmitter, once } from "node:events";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { expect, onTestFinished, test } from "vitest";
import { Roots } from "../../src/shell/executors/process/root/roots.ts";
import { describeProcesses } from "./process-support.ts";
import { archive, meta, oddArchive, ROOM, rootOf } from "./root-support.ts";

const never = new AbortController().signal;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const one = (content = "content"): Uint8Array => archive([{ name: "bin/tool", content: bytes(content) }]);

/** A file after other entries. */
const after = (...entries: readonly Uint8Array[]): Uint8Array => Buffer.concat([...entries, one()]);
/** A folder, which may come again, without an archive's end. */
const folder = archive([{ name: "x", isFolder: true }]).subarray(0, 512);

function cache({ bytesMax = ROOM, folder = newFolder() } = {}) {
  let now = 0;
  const roots = new Roots({ folder, bytesMax, now: () => now });
  const use = async (packed: Uint8Array) => {
    const root = rootOf(packed);
    const found = await roots.use(root, never);
    if (found.kind === "refused") throw new Error(found.message);
    return { ...found, opened: root.opened() };
  };
  return { roots, folder, use, pass: (ms: number) => (now += ms) };
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "roots-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** What is said of an archive with so many entries, looked through with 100 MB of heap. */
function saidInSmallHeap(kind: string, count: number): string {
  const program = fileURLToPath(new URL("./root-memory.ts", import.meta.url));
  return execFileSync(process.execPath, ["--max-old-space-size=100", program, kind, String(count)]).toString();
}

test("long paths of an archive do not fill the worker's memory, nor does what is cut off from paths", () => {
  expect(saidInSmallHeap("long", 50_000)).toMatch(/its paths take more than 25165824 bytes/);
  expect(saidInSmallHeap("cut", 28_000)).toBe("taken");
});

describeProcesses("an archive of a root", () => {
  test.each([
    ["a path that leads out", archive([{ name: "a/../../x" }]), /leads elsewhere/],
    ["a path with nothing between slashes", archive([{ name: "a//x" }]), /leads elsewhere/],
    ["a file behind a link", archive([{ name: "lib", link: "/etc" }, { name: "lib/passwd" }]), /which is no folder/],
    ["a file in a file", archive([{ name: "lib" }, { name: "lib/x" }]), /which is no folder/],
    ["a file twice", archive([{ name: "x" }, { name: "x" }]), /twice/],
    [
      "a link in the place of a folder",
      archive([
        { name: "x", isFolder: true },
        { name: "x", link: "/" },
      ]),
      /twice/,
    ],
    ["another name of what it does not hold", oddArchive("1", { name: "x", link: "/etc/shadow" }), /no file before it/],
    [
      "another name of a link",
      oddArchive("1", { name: "x", link: "y" }, [{ name: "y", link: "/etc/shadow" }]),
      /no file before it/,
    ],
    ["a device", oddArchive("3", { name: "null" }), /a device; the sandbox has its own/],
    ["a block device", oddArchive("4", { name: "sda" }), /a device/],
    ["a pipe", oddArchive("6", { name: "pipe" }), /a pipe/],
    ["a sparse file", oddArchive("S", { name: "hole" }), /sparse/],
    ["a kind that nobody knows", oddArchive("V", { name: "label" }), /unknown kind/],
    ["a link where the sandbox mounts", archive([{ name: "proc", link: "/etc" }]), /\/proc is no folder/],
    ["a file of the sandbox", archive([{ name: "program" }]), /the sandbox's/],
    ["folders too deep", archive([{ name: `${"a/".repeat(45)}x` }]), /is too long/],
    ["nothing", archive([]), /it is empty/],
    ["no gzip", new Uint8Array([0x1f, 0x8b, 1, 2, 3]), /no whole gzip stream/],
    ["half a gzip", gzipSync(one()).subarray(0, 40), /no whole gzip stream/],
    ["records that are none", after(meta("g", "2 ".repeat(10))), /malformed/],
    ["an extended header of many records", after(meta("g", "5 a=\n".repeat(1_001))), /too many records/],
    ["many headers before a file", after(...Array(17).fill(meta("g", ""))), /too many extended headers/],
    [
      "large headers for all before a file",
      after(...Array(3).fill(meta("g", `400000 a=${"x".repeat(399_990)}\n`))),
      /too many extended headers/,
    ],
    [
      "more headers than half a million files have",
      gzipSync(
        after(
          ...Array(129)
            .fill([meta("g", `1048000 a=${"x".repeat(1_047_989)}\n`), folder])
            .flat(),
        ),
      ),
      /too large together/,
    ],
    ["no tar", bytes("#!/bin/sh\n".repeat(100)), /no archive that can be taken/],
    ["half a tar", one().subarray(0, 515), /cut off/],
    ["zstd", Buffer.concat([Buffer.from("28b52ffd", "hex"), Buffer.alloc(1_000)]), /no tar archive/],
  ])("with %s is refused, and nothing of it is left", async (_name, packed, message) => {
    const { roots, folder } = cache();
    expect(await roots.use(rootOf(packed), never)).toEqual({
      kind: "refused",
      message: expect.stringMatching(message),
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  test("gzip or plain is unpacked as it is, owned by nobody, without rights but to read and run", async () => {
    const entries = [
      { name: "./usr/", isFolder: true },
      { name: "usr/tool", content: bytes("#!"), mode: 0o4711 },
      { name: "usr/data", content: bytes("data"), mode: 0o600 },
      { name: "usr/link", link: "/etc/passwd" },
    ];
    const plain = archive(entries);
    const { use } = cache();
    for (const packed of [plain, gzipSync(plain)]) {
      const { tree } = await use(packed);
      expect(readdirSync(tree)).toEqual(["dev", "in", "out", "proc", "program", "progress", "tmp", "usr"]);
      expect(readFileSync(join(tree, "usr/data"), "utf8")).toBe("data");
      const facts = ["tool", "data", "link"].map((name) => lstatSync(join(tree, "usr", name)));
      expect(facts.map(({ mode }) => (mode & 0o7777).toString(8))).toEqual(["555", "444", "777"]);
      expect(facts.map(({ uid, gid }) => [uid, gid])).toEqual(Array(3).fill([65_534, 65_534]));
    }
  });

  test("what tar makes of a folder is taken, hard links within it too", async () => {
    const folder = newFolder();
    mkdirSync(join(folder, "r/bin"), { recursive: true });
    writeFileSync(join(folder, "r/bin/tool"), "tool", { mode: 0o755 });
    execFileSync("ln", [join(folder, "r/bin/tool"), join(folder, "r/bin/other")]);
    execFileSync("tar", ["-czf", join(folder, "r.tar.gz"), "-C", join(folder, "r"), "."]);
    const { tree } = await cache().use(readFileSync(join(folder, "r.tar.gz")));
    expect(["tool", "other"].map((name) => readFileSync(join(tree, "bin", name), "utf8"))).toEqual(["tool", "tool"]);
  });
});

describeProcesses("the cache of roots", () => {
  test("unpacks once, for all that come at a time and later", async () => {
    const { use } = cache();
    const first = await Promise.all([use(one()), use(one())]);
    const later = await use(one());
    expect([...first, later].map(({ opened }) => opened)).toEqual([1, 0, 0]);
  });

  test("what was changed on disk is not used again once it is looked at", async () => {
    const { use, pass } = cache();
    const { tree, release } = await use(one());
    writeFileSync(join(tree, "bin/tool"), "CONTENT");
    release();
    pass(600_000);
    const again = await use(one());
    expect(again.opened).toBe(1);
    expect(readFileSync(join(again.tree, "bin/tool"), "utf8")).toBe("content");
  });

  test.each([
    ["rights", (tree: string) => execFileSync("chmod", ["u+s", join(tree, "bin/tool")])],
    ["a file more", (tree: string) => writeFileSync(join(tree, "more"), "")],
    ["a file less", (tree: string) => rmSync(join(tree, "bin/tool"))],
  ])("%s are a change", async (_name, change) => {
    const { use, pass } = cache();
    const { tree, release } = await use(one());
    change(tree);
    release();
    pass(600_000);
    expect((await use(one())).opened).toBe(1);
  });

  test("the next life has it still, looks at it first, and sweeps what was not finished", async () => {
    const { use, folder } = cache();
    (await use(one())).release();
    mkdirSync(join(folder, "unpacking-7/tree"), { recursive: true });
    const next = cache({ folder });
    expect(readdirSync(folder)).toHaveLength(1);
    const again = await next.use(one());
    expect(again.opened).toBe(0);
    again.release();
    writeFileSync(join(again.tree, "bin/tool"), "changed between two lives");
    expect((await cache({ folder }).use(one())).opened).toBe(1);
  });

  test("makes room by last use, never of what is used", async () => {
    // Each takes nine or ten blocks, with the folders and files of the sandbox.
    const { use, roots } = cache({ bytesMax: 30_000 });
    const [a, b, c] = ["a", "b", "c"].map((text) => one(text.repeat(5)));
    if (a === undefined || b === undefined || c === undefined) throw new Error("three roots");
    const first = await use(a);
    (await use(b)).release();
    const third = await use(c);
    expect(existsSync(first.tree)).toBe(true);
    expect((await use(a)).opened).toBe(0);
    await expect(use(b)).rejects.toThrow("all room for root file systems is in use");
    third.release();
    expect((await use(b)).opened).toBe(1);
    await expect(roots.use(rootOf(one("x".repeat(40_000))), never)).rejects.toThrow("the owner lends 30000");
  });

  test("stopping leaves nothing, and the next one can have it", async () => {
    const { roots, folder, use } = cache();
    await expect(roots.use(rootOf(one()), AbortSignal.abort())).rejects.toThrow();
    expect(readdirSync(folder)).toEqual([]);
    expect((await use(one())).opened).toBe(1);
  });

  test("whoever is stopped does not wait until others' roots are unpacked, and keeps nothing in use", async () => {
    const { roots, use } = cache({ bytesMax: 30_000 });
    const [begun, goOn] = [new EventEmitter(), new EventEmitter()];
    const [hasBegun, goesOn] = [once(begun, "now"), once(goOn, "now")];
    const slow = rootOf(one("aaaaa"));
    async function* dripping(): AsyncGenerator<Uint8Array> {
      begun.emit("now");
      await goesOn;
      yield* slow.open(never);
    }
    const first = roots.use({ ...slow, open: dripping }, never);
    await hasBegun;
    const stopping = new AbortController();
    const second = roots.use(rootOf(one("bbbbb")), stopping.signal);
    const third = roots.use(rootOf(one("aaaaa")), stopping.signal);
    stopping.abort();
    await expect(second).rejects.toThrow();
    await expect(third).rejects.toThrow();
    goOn.emit("now");
    const found = await first;
    if (found.kind === "root") found.release();
    // There is room for two, of which none is in use.
    for (const text of ["ccccc", "ddddd"]) expect((await use(one(text))).opened).toBe(1);
  });

  test("a root of many files goes one by one: the worker's other files do not wait", async () => {
    const folder = newFolder();
    const old = join(folder, "0".repeat(64));
    mkdirSync(join(old, "tree/lib"), { recursive: true });
    for (let i = 0; i < 2_000; i += 1) writeFileSync(join(old, "tree/lib", String(i)), "");
    writeFileSync(join(old, "seal.json"), JSON.stringify({ digest: "0", bytes: ROOM }));
    let waiting = 0;
    const look = (): void => {
      waiting = Math.max(waiting, process.getActiveResourcesInfo().filter((name) => name.startsWith("FSReq")).length);
      looking = setImmediate(look);
    };
    let looking = setImmediate(look);
    await cache({ folder }).use(one());
    clearImmediate(looking);
    expect(existsSync(old)).toBe(false);
    expect(waiting).toBeGreaterThan(0);
    expect(waiting).toBeLessThan(20);
  });
});
