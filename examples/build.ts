// Compiles the examples: `node examples/build.ts`, or with `--check` only says whether the committed modules are fresh.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { EXAMPLE_PROGRAMS, type ExampleProgram } from "./programs.ts";

const ROOT = dirname(fileURLToPath(import.meta.url));
const RECORD = join(ROOT, "build.json");

/** Optimised for speed without fast-math; the stub runtime never frees, which suits programs that end soon. */
const OPTIONS = ["-O3", "--enable", "simd", "--runtime", "stub", "--use", "abort=assembly/wasi/abort", "--noColors"];

/** What the modules were made from and what came out: fresh when both still hold. */
export interface BuildRecord {
  readonly compiler: string;
  readonly options: readonly string[];
  /** Digest over all AssemblyScript sources. */
  readonly sources: string;
  /** Digest of each module, by path. */
  readonly modules: Readonly<Record<string, string>>;
}

const require = createRequire(import.meta.url);

function compilerVersion(): string {
  return (require("assemblyscript/package.json") as { version: string }).version;
}

function sha256(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function sourcesDigest(): string {
  const folders = new Set(["assembly", ...EXAMPLE_PROGRAMS.map((program) => dirname(program.source))]);
  const lines: string[] = [];
  for (const folder of [...folders].sort()) {
    for (const name of readdirSync(join(ROOT, folder)).sort()) {
      lines.push(`${folder}/${name} ${sha256(readFileSync(join(ROOT, folder, name)))}`);
    }
  }
  return sha256(lines.join("\n"));
}

/** The record of what is on disk now. */
export function currentRecord(): BuildRecord {
  const modules: Record<string, string> = {};
  for (const { module } of EXAMPLE_PROGRAMS) modules[module] = sha256(readFileSync(join(ROOT, module)));
  return { compiler: `assemblyscript ${compilerVersion()}`, options: OPTIONS, sources: sourcesDigest(), modules };
}

/** The record that was written by the last build. */
export function committedRecord(): BuildRecord {
  return JSON.parse(readFileSync(RECORD, "utf8")) as BuildRecord;
}

/** Compiles one program into the given folder instead of its place; returns the module's bytes. */
export function compile(program: ExampleProgram, folder: string = ROOT): Uint8Array {
  const compiler = join(dirname(require.resolve("assemblyscript/package.json")), "bin", "asc.js");
  const target = join(folder, program.module);
  mkdirSync(dirname(target), { recursive: true });
  const words = [compiler, program.source, ...OPTIONS, "--outFile", relative(ROOT, target)];
  const result = spawnSync(process.execPath, words, { cwd: ROOT, encoding: "utf8" });
  if (result.status !== 0) throw new Error(`${program.source}: ${result.stderr}${result.stdout}`);
  return readFileSync(target);
}

function main(): void {
  if (process.argv.includes("--check")) {
    const fresh = JSON.stringify(currentRecord()) === JSON.stringify(committedRecord());
    process.stdout.write(fresh ? "the examples are fresh\n" : "the examples are stale: run node examples/build.ts\n");
    process.exitCode = fresh ? 0 : 1;
    return;
  }
  for (const program of EXAMPLE_PROGRAMS) {
    const bytes = compile(program);
    process.stdout.write(`${program.module} ${bytes.length} bytes\n`);
  }
  writeFileSync(RECORD, `${JSON.stringify(currentRecord(), null, 2)}\n`);
}

if (import.meta.main) main();
