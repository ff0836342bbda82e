// Small files: a file has one purpose, and the listing of a folder is the map.

import { statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { code, files, isWritten, read, root } from "./repository.ts";

const LINES_MAX = 400;
const MEDIAN_BELOW = 80;
const BYTES_MAX = 512 * 1024;

/** Committed on purpose although large, with the reason. */
const LARGE: ReadonlyMap<string, string> = new Map([]);

function lines(path: string): number {
  return read(path).trimEnd().split("\n").length;
}

describe("size", () => {
  test(`no written file has more than ${LINES_MAX} lines`, () => {
    const written = files.filter((path) => /\.(ts|mjs|cjs|sol|sh)$/.test(path) && isWritten(path));
    expect(written.filter((path) => lines(path) > LINES_MAX)).toEqual([]);
  });

  test(`the median source file has fewer than ${MEDIAN_BELOW} lines`, () => {
    const sizes = code
      .filter((path) => /^packages\/[^/]+\/src\//.test(path))
      .map(lines)
      .sort((a, b) => a - b);
    expect(sizes.length).toBeGreaterThan(0);
    expect(sizes[Math.floor(sizes.length / 2)]).toBeLessThan(MEDIAN_BELOW);
  });

  test("no large blob is committed", () => {
    const large = files.filter((path) => statSync(join(root, path)).size > BYTES_MAX);
    expect(large.filter((path) => !LARGE.has(path))).toEqual([]);
  });
});
