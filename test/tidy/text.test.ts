// What must not stand in any text of the repository.
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { code, files, isWritten, matches, packages, read } from "./repository.ts";

const text = files.filter((path) => /\.(ts|mjs|cjs|js|sol|md|json|jsonc|ya?ml|sh|proto|toml|html|css)$/.test(path));
const others = (paths: readonly string[]) => paths.filter((path) => path !== "test/tidy/text.test.ts");

describe("text", () => {
  test("an unfinished thing names its issue", () => {
    expect(matches(others(text.filter(isWritten)), /\b(TODO|FIXME|XXX|HACK)\b(?!\(#\d+\))/)).toEqual([]);
  });

  test("no test is focused, skipped, left to do, expected to fail or tried again", () => {
    const tests = others(code.filter((path) => path.endsWith(".test.ts")));
    const pattern = /\b(test|it|describe|suite)\.(only|skip|todo|fails|skipIf|runIf)\b|\bretry:\s*[1-9]/;
    expect(matches(tests, pattern)).toEqual([]);
  });

  test("no path of somebody's machine", () => {
    const pattern = /(?<![\w.])\/(root|home\/\w+|Users\/\w+|work\/(main|shared))\/|[A-Z]:\\Users\\/;
    expect(matches(others(text), pattern)).toEqual([]);
  });

  test("no host of a package registry, so that mirrors work", () => {
    expect(matches(others(text), /registry\.(npmjs|yarnpkg|npmmirror)\.|npm\.pkg\.github\.com/)).toEqual([]);
  });

  test("no check is switched off without a reason beside it", () => {
    const pattern = /@ts-(ignore|nocheck)|@ts-expect-error(?!\s*:? \w)|biome-ignore(?!.*: \w)/;
    expect(matches(others(code), pattern)).toEqual([]);
  });

  test("an index file stands only at an entry point of a package", () => {
    const entries = packages.flatMap((name) => {
      const { exports }: { exports: Record<string, string> } = JSON.parse(read(`packages/${name}/package.json`));
      return Object.values(exports).map((target) => join("packages", name, target));
    });
    expect(code.filter((path) => /(^|\/)index\.ts$/.test(path) && !entries.includes(path))).toEqual([]);
  });

  test("no vague word names a file", () => {
    const vague = /(^|[-/])(manager|helpers?|utils?|impl)(\.|-|\/)|(^|\/)(misc|common|shared)(\.|\/)/;
    expect(code.filter((path) => vague.test(path))).toEqual([]);
  });

  test("each source file starts with one line of purpose", () => {
    const source = code.filter((path) => /^(packages\/[^/]+\/src|scripts)\//.test(path));
    const silent = source.filter((path) => !/^(#!.*\n)?\/\/ \S.{10,}/.test(read(path)));
    expect(silent).toEqual([]);
  });
});
