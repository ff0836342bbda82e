// Keys are made once, kept from others, and never shown.
import { chmodSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readKey, readOrCreateKey, SecretFileError, writeKey } from "../src/keys.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

describe("a key file", () => {
  it("is made with permissions for its owner only, and read again", () => {
    const path = join(temporaryDirectory(), "keys", "worker.key");
    const key = readOrCreateKey(path);
    expect(key).toHaveLength(32);
    expect(readOrCreateKey(path)).toEqual(key);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(path, "..")).mode & 0o777).toBe(0o700);
  });

  it("takes 0x and another length", () => {
    const path = join(temporaryDirectory(), "key");
    writeFileSync(path, "0xABcd\n", { mode: 0o600 });
    expect(readKey(path, { bytes: 2 })).toEqual(Uint8Array.of(0xab, 0xcd));
  });

  it("is never overwritten", () => {
    const path = join(temporaryDirectory(), "key");
    writeKey(path, new Uint8Array(32));
    expect(() => writeKey(path, new Uint8Array(32))).toThrow("EEXIST");
  });

  it("is refused when others can read it", () => {
    const path = join(temporaryDirectory(), "key");
    writeKey(path, new Uint8Array(32));
    chmodSync(path, 0o640);
    expect(() => readKey(path)).toThrow("can be read by others");
    expect(() => readOrCreateKey(path)).toThrow(SecretFileError);
  });

  it.each(["", "secret", "00".repeat(31), "00".repeat(33), `${"00".repeat(31)}zz`])(
    "is refused when it is %j, without showing it",
    (text) => {
      const path = join(temporaryDirectory(), "key");
      writeFileSync(path, text, { mode: 0o600 });
      expect(() => readKey(path)).toThrow(/is not a key: it must hold 64 hexadecimal digits and nothing else$/);
    },
  );

  it("is missed by name", () => {
    expect(() => readKey("/nowhere/key")).toThrow(expect.objectContaining({ code: "keyMissing" }));
  });

  it("is not read when it is a directory or huge", () => {
    const directory = temporaryDirectory();
    chmodSync(directory, 0o700);
    expect(() => readKey(directory)).toThrow("not a small regular file");
    const path = join(directory, "big");
    writeFileSync(path, "0".repeat(5_000), { mode: 0o600 });
    expect(() => readKey(path)).toThrow("not a small regular file");
  });
});
