// The in-memory WASI: files, quotas and paths as a program sees them.
import { beforeEach, describe, expect, test } from "vitest";
import { FuelTank } from "../../src/shell/executors/wasm/inside/fuel.ts";
import { ERRNO } from "../../src/shell/executors/wasm/inside/wasi/errno.ts";
import { buildTree, type Tree } from "../../src/shell/executors/wasm/inside/wasi/tree.ts";
import { createWasi } from "../../src/shell/executors/wasm/inside/wasi/wasi.ts";
import { WASI_FUNCTIONS } from "../../src/shell/executors/wasm/rewriter/imports.ts";

const OPEN = { create: 1, directory: 2, exclusive: 4, truncate: 8 };
const READ = 2n;
const WRITE = 64n;
const APPEND = 1;

/** A program written in JavaScript: calls WASI through a memory of its own. */
class Guest {
  readonly memory = new WebAssembly.Memory({ initial: 4 });
  readonly tree: Tree;
  readonly fuel = new FuelTank(Number.MAX_SAFE_INTEGER);
  readonly imports: Readonly<Record<string, unknown>>;
  log = "";
  progress = "";

  constructor(options: { outputBytes?: number; outputFiles?: number; scratchBytes?: number } = {}) {
    const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
    this.tree = buildTree({
      inputs: [
        { name: "text", bytes: new TextEncoder().encode("hello") },
        { name: "deep/er/text", bytes: new TextEncoder().encode("below") },
      ],
      outputBytes: 1_000,
      outputFiles: 10,
      scratchBytes: 1_000,
      ...options,
      onProgress: (bytes) => {
        this.progress += text(bytes);
      },
    });
    const onLog = (bytes: Uint8Array): void => {
      this.log += text(bytes);
    };
    const { fuel } = this;
    const wasi = createWasi({ args: ["one"], env: { KEY: "value" }, root: this.tree.root, fuel, onLog });
    wasi.memory.bind(this.memory);
    this.imports = wasi.imports;
  }

  call(name: string, ...parameters: (number | bigint)[]): number {
    return (this.imports[name] as (...parameters: (number | bigint)[]) => number)(...parameters);
  }

  get view(): DataView {
    return new DataView(this.memory.buffer);
  }

  place(text: string, at = 1_000): [number, number] {
    const bytes = new TextEncoder().encode(text);
    new Uint8Array(this.memory.buffer).set(bytes, at);
    return [at, bytes.length];
  }

  /** The descriptor, or minus the error number. */
  open(path: string, flags = 0, rights = READ): number {
    const error = this.call("path_open", 3, 0, ...this.place(path), flags, rights, 0n, 0, 0);
    return error === 0 ? this.view.getUint32(0, true) : -error;
  }

  write(fd: number, text: string): number {
    const [at, length] = this.place(text, 2_000);
    this.view.setUint32(8, at, true);
    this.view.setUint32(12, length, true);
    return this.call("fd_write", fd, 8, 1, 16);
  }

  read(fd: number, length = 100): string | number {
    this.view.setUint32(8, 4_000, true);
    this.view.setUint32(12, length, true);
    const error = this.call("fd_read", fd, 8, 1, 16);
    if (error !== 0) return -error;
    return new TextDecoder().decode(new Uint8Array(this.memory.buffer, 4_000, this.view.getUint32(16, true)));
  }

  path(call: string, path: string): number {
    return this.call(call, 3, ...this.place(path));
  }

  create(path: string, text: string): number {
    const fd = this.open(path, OPEN.create | OPEN.truncate, WRITE);
    if (fd < 0) return -fd;
    const error = this.write(fd, text);
    this.call("fd_close", fd);
    return error;
  }

  content(path: string): string | number {
    const fd = this.open(path);
    if (fd < 0) return fd;
    const text = this.read(fd);
    this.call("fd_close", fd);
    return text;
  }

  rename(from: string, to: string): number {
    const [at, length] = this.place(to, 3_000);
    return this.call("path_rename", 3, ...this.place(from), 3, at, length);
  }

  list(path: string, bufferBytes = 500): string[] {
    const fd = this.open(path, OPEN.directory);
    const names: string[] = [];
    for (let cookie = 0n; ; ) {
      this.call("fd_readdir", fd, 8_000, bufferBytes, cookie, 16);
      const used = this.view.getUint32(16, true);
      let at = 8_000;
      while (at + 24 <= 8_000 + used) {
        const length = this.view.getUint32(at + 16, true);
        if (at + 24 + length > 8_000 + used) break;
        cookie = this.view.getBigUint64(at, true);
        names.push(new TextDecoder().decode(new Uint8Array(this.memory.buffer, at + 24, length)));
        at += 24 + length;
      }
      if (used < bufferBytes) return names;
    }
  }
}

describe("files", () => {
  let guest: Guest;
  beforeEach(() => {
    guest = new Guest();
  });

  test("every function of the interface is there", () => {
    for (const name of WASI_FUNCTIONS) expect(guest.imports, name).toHaveProperty(name);
  });

  test("inputs are read-only", () => {
    expect(guest.content("in/text")).toBe("hello");
    expect(guest.content("in/deep/er/text")).toBe("below");
    expect(guest.open("in/text", 0, WRITE)).toBe(-ERRNO.readOnly);
    expect(guest.open("in/text", OPEN.truncate, READ)).toBe(-ERRNO.readOnly);
    expect(guest.create("in/new", "x")).toBe(ERRNO.readOnly);
    expect(guest.create("new", "x")).toBe(ERRNO.readOnly);
    expect(guest.path("path_unlink_file", "in/text")).toBe(ERRNO.readOnly);
    expect(guest.path("path_create_directory", "in/new")).toBe(ERRNO.readOnly);
    expect(guest.rename("in/text", "in/other")).toBe(ERRNO.readOnly);
    expect(guest.content("in/text")).toBe("hello");
  });

  test("writing, appending, seeking and cutting", () => {
    expect(guest.create("out/a", "12345")).toBe(0);
    const appending = guest.open("out/a", 0, WRITE | READ);
    guest.call("fd_fdstat_set_flags", appending, APPEND);
    guest.write(appending, "67");
    expect(guest.content("out/a")).toBe("1234567");
    const fd = guest.open("out/a", 0, WRITE | READ);
    expect(guest.call("fd_seek", fd, -2n, 2, 16)).toBe(0);
    guest.write(fd, "X");
    expect(guest.content("out/a")).toBe("12345X7");
    expect(guest.call("fd_filestat_set_size", fd, 3n)).toBe(0);
    expect(guest.call("fd_filestat_set_size", fd, 5n)).toBe(0);
    expect(guest.content("out/a")).toBe("123\0\0");
    expect(guest.call("fd_seek", fd, -1n, 0, 16)).toBe(ERRNO.invalid);
    expect(guest.call("fd_seek", fd, 0n, 9, 16)).toBe(ERRNO.invalid);
    expect(guest.tree.written()).toBe(5);
  });

  test("positioned reads and writes leave the position alone", () => {
    const fd = guest.open("out/a", OPEN.create, WRITE | READ);
    guest.write(fd, "abcdef");
    guest.place("XY", 2_000);
    guest.view.setUint32(8, 2_000, true);
    guest.view.setUint32(12, 2, true);
    expect(guest.call("fd_pwrite", fd, 8, 1, 1n, 16)).toBe(0);
    expect(guest.call("fd_pread", fd, 8, 1, 4n, 16)).toBe(0);
    expect(new TextDecoder().decode(new Uint8Array(guest.memory.buffer, 2_000, 2))).toBe("ef");
    guest.call("fd_tell", fd, 16);
    expect(guest.view.getBigUint64(16, true)).toBe(6n);
    expect(guest.content("out/a")).toBe("aXYdef");
  });

  test("opening obeys its flags", () => {
    expect(guest.open("out/none")).toBe(-ERRNO.notFound);
    expect(guest.create("out/a", "1")).toBe(0);
    expect(guest.open("out/a", OPEN.create | OPEN.exclusive, WRITE)).toBe(-ERRNO.exists);
    expect(guest.open("out/a", OPEN.directory)).toBe(-ERRNO.notDirectory);
    expect(guest.open("out/a/")).toBe(-ERRNO.notDirectory);
    expect(guest.open("out/a/b")).toBe(-ERRNO.notDirectory);
    const readOnly = guest.open("out/a");
    expect(guest.write(readOnly, "x")).toBe(ERRNO.notCapable);
    expect(guest.read(guest.open("out"))).toBe(-ERRNO.isDirectory);
  });

  test("directories are made, listed in order and removed", () => {
    expect(guest.path("path_create_directory", "out/d")).toBe(0);
    expect(guest.path("path_create_directory", "out/d")).toBe(ERRNO.exists);
    for (const name of ["z", "a", "m"]) guest.create(`out/d/${name}`, "1");
    expect(guest.list("out/d")).toEqual(["z", "a", "m"]);
    // A buffer that holds one entry and a cut one.
    expect(guest.list("out/d", 30)).toEqual(["z", "a", "m"]);
    expect(guest.list(".")).toEqual(["in", "out", "tmp", "ckpt", "progress"]);
    expect(guest.path("path_remove_directory", "out/d")).toBe(ERRNO.notEmpty);
    for (const name of ["z", "a", "m"]) guest.path("path_unlink_file", `out/d/${name}`);
    expect(guest.path("path_remove_directory", "out/d")).toBe(0);
    expect(guest.path("path_remove_directory", "out/d")).toBe(ERRNO.notFound);
  });

  test("renaming replaces files, and never moves a directory into itself or across volumes", () => {
    guest.create("out/a", "A");
    guest.create("out/b", "B");
    expect(guest.rename("out/a", "out/b")).toBe(0);
    expect(guest.content("out/b")).toBe("A");
    expect(guest.content("out/a")).toBe(-ERRNO.notFound);
    expect(guest.tree.written()).toBe(1);
    expect(guest.rename("out/b", "tmp/b")).toBe(ERRNO.crossDevice);
    guest.path("path_create_directory", "out/d");
    guest.path("path_create_directory", "out/d/e");
    expect(guest.rename("out/d", "out/d/e/f")).toBe(ERRNO.invalid);
    expect(guest.rename("out/b", "out/d")).toBe(ERRNO.isDirectory);
    expect(guest.rename("out/d", "out/b")).toBe(ERRNO.notDirectory);
    expect(guest.rename("out/d", "out/g")).toBe(0);
    expect(guest.list("out/g")).toEqual(["e"]);
  });

  test("standard streams and progress take bytes", () => {
    expect(guest.write(1, "out ")).toBe(0);
    expect(guest.write(2, "err")).toBe(0);
    expect(guest.log).toBe("out err");
    expect(guest.write(0, "x")).toBe(ERRNO.notCapable);
    expect(guest.read(0)).toBe("");
    guest.write(guest.open("progress", OPEN.create, WRITE), "{}\n");
    expect(guest.progress).toBe("{}\n");
    expect(guest.path("path_unlink_file", "progress")).toBe(ERRNO.notPermitted);
  });

  test("file status says kind and size, and no time", () => {
    expect(guest.call("path_filestat_get", 3, 0, ...guest.place("in/text"), 100)).toBe(0);
    expect(guest.view.getUint8(116)).toBe(4);
    expect(guest.view.getBigUint64(132, true)).toBe(5n);
    expect(guest.view.getBigUint64(148, true)).toBe(0n);
    expect(guest.call("fd_fdstat_get", 3, 100)).toBe(0);
    expect(guest.view.getUint8(100)).toBe(3);
  });
});

describe("limits", () => {
  test("bytes under /out end the run, bytes under /tmp are refused", () => {
    const guest = new Guest({ outputBytes: 10, scratchBytes: 10 });
    expect(guest.create("tmp/a", "12345678901")).toBe(ERRNO.noSpace);
    expect(guest.create("tmp/a", "1234567890")).toBe(0);
    expect(guest.create("out/a", "1234567890")).toBe(0);
    expect(() => guest.create("out/b", "1")).toThrow(/more than 10 bytes/);
  });

  test("a huge size costs nothing", () => {
    const guest = new Guest();
    const fd = guest.open("tmp/a", OPEN.create, WRITE);
    expect(guest.call("fd_filestat_set_size", fd, 1n << 40n)).toBe(ERRNO.noSpace);
    expect(guest.call("fd_filestat_set_size", fd, 1n << 60n)).toBe(ERRNO.invalid);
    expect(guest.call("fd_seek", fd, 1n << 50n, 0, 16)).toBe(0);
    expect(guest.write(fd, "x")).toBe(ERRNO.noSpace);
  });

  test("what is deleted can be written again, but not while it is open", () => {
    const guest = new Guest({ scratchBytes: 10 });
    const fd = guest.open("tmp/a", OPEN.create, WRITE);
    expect(guest.write(fd, "1234567890")).toBe(0);
    expect(guest.path("path_unlink_file", "tmp/a")).toBe(0);
    expect(guest.create("tmp/b", "1")).toBe(ERRNO.noSpace);
    guest.call("fd_close", fd);
    expect(guest.create("tmp/b", "1234567890")).toBe(0);
  });

  test("files and directories count", () => {
    const guest = new Guest({ outputFiles: 2 });
    guest.create("out/a", "");
    guest.path("path_create_directory", "out/d");
    expect(() => guest.create("out/d/b", "")).toThrow(/more than 3 files/);
  });

  test("open files are limited and numbers are used again", () => {
    const guest = new Guest();
    const opened: number[] = [];
    for (let fd = guest.open("in/text"); fd > 0; fd = guest.open("in/text")) opened.push(fd);
    expect(opened).toHaveLength(252);
    expect(guest.open("in/text")).toBe(-ERRNO.tooManyFiles);
    guest.call("fd_close", 10);
    expect(guest.open("in/text")).toBe(10);
    expect(guest.call("fd_close", 300)).toBe(ERRNO.badFileDescriptor);
    expect(guest.call("fd_renumber", 10, 11)).toBe(0);
    expect(guest.call("fd_close", 10)).toBe(ERRNO.badFileDescriptor);
  });

  test.each(["../etc/passwd", "in/../../etc/passwd", "/etc/passwd", "in/../.."])(
    "the path %s leads nowhere",
    (path) => {
      expect(new Guest().open(path)).toBe(-ERRNO.notCapable);
    },
  );

  test("odd paths are refused", () => {
    const guest = new Guest();
    expect(guest.open("")).toBe(-ERRNO.notFound);
    expect(guest.open(`out/${"x".repeat(256)}`, OPEN.create, WRITE)).toBe(-ERRNO.nameTooLong);
    expect(guest.open("out/a\0b", OPEN.create, WRITE)).toBe(-ERRNO.invalid);
    expect(guest.open("in/./deep/../text")).toBeGreaterThan(3);
    expect(guest.open(`${"./".repeat(3_000)}in`)).toBe(-ERRNO.nameTooLong);
  });

  test("addresses outside of memory are refused", () => {
    const guest = new Guest();
    const end = guest.memory.buffer.byteLength;
    expect(guest.call("fd_write", 1, end - 4, 1, 16)).toBe(ERRNO.fault);
    expect(guest.call("fd_write", 1, -8, 1, 16)).toBe(ERRNO.fault);
    expect(guest.call("fd_write", 1, 8, -1, 16)).toBe(ERRNO.invalid);
    expect(guest.call("random_get", end - 4, 5)).toBe(ERRNO.fault);
    expect(guest.call("path_open", 3, 0, -1, 10, 0, READ, 0n, 0, 0)).toBe(ERRNO.fault);
  });

  test("links, sockets and waiting don't exist", () => {
    const guest = new Guest();
    for (const name of ["path_link", "path_symlink", "sock_accept", "sock_send", "poll_oneoff", "proc_raise"]) {
      expect(guest.call(name, 0, 0, 0, 0, 0, 0, 0), name).toBe(ERRNO.notSupported);
    }
  });

  test("inputs can't have names that lead out, or clash", () => {
    const inputs = (...names: string[]) => names.map((name) => ({ name, bytes: new Uint8Array(0) }));
    const build = (...names: string[]) =>
      buildTree({
        inputs: inputs(...names),
        outputBytes: 0,
        outputFiles: 0,
        scratchBytes: 0,
        onProgress: () => undefined,
      });
    for (const name of ["", "..", "a/../b", "/a", "a//b", "a/"]) expect(() => build(name), name).toThrow(/name/);
    expect(() => build("a", "a")).toThrow(/two inputs/);
    expect(() => build("a", "a/b")).toThrow(/inside/);
    expect(() => build("a/b", "a")).toThrow(/two inputs/);
  });
});

describe("fuel", () => {
  /** What a call uses beyond the crossing itself. */
  const cost = (guest: Guest, run: () => unknown): number => {
    const before = guest.fuel.used;
    run();
    return guest.fuel.used - before - 2_000;
  };

  test("is paid for bytes: random ones, those that are read and written, and those that are said", () => {
    const guest = new Guest();
    expect(cost(guest, () => guest.call("random_get", 0, 700))).toBe(700);
    expect(cost(guest, () => guest.call("random_get", 0, -1))).toBe(0);
    expect(cost(guest, () => guest.call("args_get", 0, 100))).toBe(2 * 200 + "program\0one\0".length);
    const input = guest.open("in/text");
    expect(cost(guest, () => guest.read(input))).toBe(200 + 5);
    const out = guest.open("tmp/a", OPEN.create, WRITE);
    expect(cost(guest, () => guest.write(out, "abc"))).toBe(200 + 3);
    expect(cost(guest, () => guest.write(2, "abc"))).toBe(200 + 3 * 16);
  });

  test("is paid for what a file's size changes by, and not for what is refused", () => {
    const guest = new Guest();
    const out = guest.open("tmp/a", OPEN.create, WRITE);
    expect(cost(guest, () => guest.call("fd_filestat_set_size", out, 900n))).toBe(900);
    expect(cost(guest, () => guest.call("fd_filestat_set_size", out, 300n))).toBe(600);
    expect(cost(guest, () => guest.call("fd_filestat_set_size", out, 2n ** 50n))).toBe(700);
    expect(cost(guest, () => guest.open("tmp/a", OPEN.truncate, WRITE))).toBe(5 * 50 + 300);
    guest.view.setUint32(8, 2_000, true);
    guest.view.setUint32(12, 10, true);
    expect(cost(guest, () => guest.call("fd_pwrite", out, 8, 1, 400n, 16))).toBe(200 + 400 + 10);
  });

  test("is paid for paths, and for entries of directories", () => {
    const guest = new Guest();
    expect(cost(guest, () => guest.open("in/deep/er/text"))).toBe("in/deep/er/text".length * 50);
    expect(cost(guest, () => guest.call("fd_readdir", 3, 4_000, 1_000, 0n, 16))).toBe(5 * 200);
    guest.call("path_create_directory", 3, ...guest.place("tmp/d"));
    guest.open("tmp/d/x", OPEN.create, WRITE);
    const names = [...guest.place("tmp/d"), 3, ...guest.place("tmp/e", 1_500)] as const;
    expect(cost(guest, () => guest.call("path_rename", 3, ...names))).toBe(2 * 5 * 50 + 200);
  });
});
