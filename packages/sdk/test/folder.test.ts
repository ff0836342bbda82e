// Folders for results: made before anything is spent, or refused in words.
import { existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { makeFolder } from "../src/index.ts";

describe("makeFolder", () => {
  const home = mkdtempSync(join(tmpdir(), "starling-folder-"));

  test("makes all that is missing, and is content with what is there", () => {
    const path = join(home, "a/b/c");
    makeFolder(path);
    makeFolder(path);
    expect(existsSync(path)).toBe(true);
  });

  test.each(["/proc/starling/x", "/dev/null", "/dev/null/x"])(
    "says that %s is no place for files, and ends",
    (path) => {
      expect(() => makeFolder(path)).toThrow(/can't be a folder for files here \(\w+\); name another one/);
    },
  );

  test("takes no file for a folder", () => {
    writeFileSync(join(home, "file"), "");
    expect(() => makeFolder(join(home, "file", "x"))).toThrow(/ENOTDIR/);
  });
});
