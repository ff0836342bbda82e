// Small job files for tests, as a user would write them.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./test-devnet.ts";

/** What differs from the smallest job. */
export interface JobText {
  readonly name: string;
  /** Program below examples/. */
  readonly wasm?: string;
  /** First and last index. */
  readonly range?: readonly [number, number];
  readonly outputs?: string;
  readonly timeout?: string;
  /** Further lines of the document. */
  readonly more?: readonly string[];
}

/** Writes a job file into a folder; returns its path. */
export function writeJob(
  folder: string,
  { name, wasm = "noop/noop.wasm", range = [0, 3], outputs = "{ done: done }", timeout = "10s", more = [] }: JobText,
): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${name}.yaml`);
  const lines = [
    "version: 1",
    `name: ${name}`,
    `run: { wasm: ${join(root, "examples", wasm)} }`,
    `each: { range: [${range.join(", ")}] }`,
    `outputs: ${outputs}`,
    `timeout: ${timeout}`,
    ...more,
  ];
  writeFileSync(path, `${lines.join("\n")}\n`);
  return path;
}
