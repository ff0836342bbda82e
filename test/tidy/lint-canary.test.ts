// The lint rules bite: probes with every forbidden thing are refused where it is forbidden, and only there.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "./repository.ts";

const PURE = [
  "packages/kernel/src",
  "packages/protocol/src",
  "packages/settlement/src",
  "packages/coordinator/src/core",
  "packages/worker-node/src/core",
  "packages/simulator/src",
];

/** What only pure code must not do, each with what the report says about it. */
const IMPURE: readonly (readonly [name: string, source: string, message: string])[] = [
  ["clock", "export const now = Date.now();", "Do not use the global variable Date"],
  ["locale", "export const text = new Intl.NumberFormat();", "Do not use the global variable Intl"],
  ["random", "export const roll = Math.random();", "can't be repeated from a seed"],
  ["compare", 'export const order = "a".localeCompare("b");', "defined by the engine or the locale"],
  ["curve", "export const curve = Math.exp(2);", "defined by the engine or the locale"],
];

/** What no source may do, each with the rule that refuses it. */
const FORBIDDEN: readonly (readonly [rule: string, source: string])[] = [
  ["lint/suspicious/noExplicitAny", "export const x: any = 1;"],
  ["lint/style/noNonNullAssertion", "export function f(x: string | null): number { return x!.length; }"],
  ["lint/style/noDefaultExport", "export default 1;"],
  ["lint/style/noEnum", "export enum Colour { Red }"],
  ["lint/performance/noReExportAll", 'export * from "./other.ts";'],
  ["lint/performance/noBarrelFile", 'export { other } from "./other.ts";'],
  ["lint/suspicious/noConsole", 'console.log("x");'],
  ["lint/complexity/useMaxParams", "export function f(a: 1, b: 2, c: 3, d: 4): number { return a + b + c + d; }"],
  ["lint/complexity/noExcessiveLinesPerFunction", `export function f(): void {\n${"  g();\n".repeat(80)}}`],
  ["lint/style/noExcessiveLinesPerFile", "export const x = 1;\n".repeat(401)],
  ["lint/nursery/noFloatingPromises", "async function f(): Promise<void> {}\nexport function g(): void { f(); }"],
  [
    "lint/nursery/useExhaustiveSwitchCases",
    'export function f(x: "a" | "b"): number { switch (x) { case "a": return 1; } return 2; }',
  ],
];

const FOCUSED = 'import { test } from "vitest";\ntest.only("x", () => {});\ntest.skip("y", () => {});\n';

let folder = "";
let report = "";

/** The part of the report about one probe. */
function about(path: string): string {
  return report
    .split(/\n(?=\S+ (?:lint\/|plugin|format))/)
    .filter((part) => part.startsWith(`${path}:`) || part.startsWith(`${path} `))
    .join("\n");
}

function plant(path: string, source: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), source);
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "lint-canary-"));
  for (const path of ["biome.jsonc", ".gitignore", "scripts/lint"]) {
    cpSync(join(root, path), join(folder, path), { recursive: true });
  }
  for (const place of [...PURE, "packages/node-kit/src"]) {
    for (const [name, source] of IMPURE) plant(`${place}/${name}.ts`, `${source}\n`);
  }
  for (const [rule, source] of FORBIDDEN) plant(`packages/node-kit/src/${probeName(rule)}.ts`, `${source}\n`);
  plant("test/e2e/focused.test.ts", FOCUSED);
  const biome = join(root, "node_modules/.bin/biome");
  const options = ["lint", "--colors=off", "--max-diagnostics=none", "."];
  const finished = spawnSync(biome, options, { cwd: folder, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  report = `\n${finished.stdout}${finished.stderr}`;
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function probeName(rule: string): string {
  return rule
    .split("/")
    .at(-1)
    ?.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`) as string;
}

describe.each(PURE)("pure code in %s", (place) => {
  test.each(IMPURE)("may not use the %s", (name, _source, message) => {
    expect(about(`${place}/${name}.ts`)).toContain(message);
  });
});

describe("lint", () => {
  test.each(IMPURE)("code that touches the world may use the %s", (name, _source, message) => {
    expect(about(`packages/node-kit/src/${name}.ts`)).not.toContain(message);
  });

  test.each(FORBIDDEN)("%s", (rule) => {
    expect(about(`packages/node-kit/src/${probeName(rule)}.ts`)).toContain(rule);
  });

  test("a test cannot be focused or skipped", () => {
    expect(about("test/e2e/focused.test.ts")).toContain("lint/suspicious/noFocusedTests");
    expect(about("test/e2e/focused.test.ts")).toContain("lint/suspicious/noSkippedTests");
  });
});
