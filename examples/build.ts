// Compiles the examples: `node examples/build.ts`, or with `--check` only says whether the committed modules are fresh.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { COMPILERS } from "./compilers.ts";
import { EXAMPLE_PROGRAMS, type ExampleProgram } from "./programs.ts";

const ROOT = dirname(fileURLToPath(import.meta.url));
const RECORD = join(ROOT, "build.json");

/** What a module was made of, and what it is: fresh while all of it still holds. */
interface ModuleRecord {
  /** Digest over the names and contents of all sources. */
  readonly sources: string;
  readonly module: string;
}

/** What the modules were made with and of, by language and by path. */
export interface BuildRecord {
  readonly compilers: Readonly<Record<string, { readonly version: string; readonly options: readonly string[] }>>;
  readonly modules: Readonly<Record<string, ModuleRecord>>;
}

function sha256(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function sourcesDigest({ folders }: ExampleProgram): string {
  const lines: string[] = [];
  for (const folder of folders) {
    for (const name of readdirSync(join(ROOT, folder)).sort()) {
      lines.push(`${folder}/${name} ${sha256(readFileSync(join(ROOT, folder, name)))}`);
    }
  }
  return sha256(lines.join("\n"));
}

/** The record of what is on disk now. */
export function currentRecord(): BuildRecord {
  const compilers = Object.entries(COMPILERS).map(([language, { version, options }]) => [
    language,
    { version, options },
  ]);
  const modules = EXAMPLE_PROGRAMS.map((program): readonly [string, ModuleRecord] => {
    const { module } = program;
    return [module, { sources: sourcesDigest(program), module: sha256(readFileSync(join(ROOT, module))) }];
  });
  return { compilers: Object.fromEntries(compilers), modules: Object.fromEntries(modules) };
}

/** The record that was written by the last build. */
export function committedRecord(): BuildRecord {
  return JSON.parse(readFileSync(RECORD, "utf8")) as BuildRecord;
}

/** Compiles one program into the given folder instead of its place; returns the module's bytes. */
export function compile(program: ExampleProgram, folder: string = ROOT): Uint8Array {
  const target = join(folder, program.module);
  mkdirSync(dirname(target), { recursive: true });
  const [command = "", ...words] = COMPILERS[program.language].command(program.sources, relative(ROOT, target));
  const result = spawnSync(command, words, { cwd: ROOT, encoding: "utf8" });
  if (result.status !== 0) throw new Error(`${program.module}: ${result.error ?? `${result.stderr}${result.stdout}`}`);
  // Linkers make a program executable, which a module is not.
  chmodSync(target, 0o644);
  return readFileSync(target);
}

// A module whose compiler isn't here stays as it is, unless it would be stale.
function build(program: ExampleProgram): string {
  const { module, language } = program;
  const missing = COMPILERS[language].missing();
  if (missing === null) return `${module} ${compile(program).length} bytes\n`;
  const { compilers, modules } = committedRecord();
  const { version, options } = COMPILERS[language];
  const isSame = JSON.stringify(compilers[language]) === JSON.stringify({ version, options });
  if (isSame && modules[module]?.sources === sourcesDigest(program)) return `${module} is left as it is: ${missing}\n`;
  throw new Error(`${module} must be compiled again, but ${missing}`);
}

function main(): void {
  if (process.argv.includes("--check")) {
    const fresh = JSON.stringify(currentRecord()) === JSON.stringify(committedRecord());
    process.stdout.write(fresh ? "the examples are fresh\n" : "the examples are stale: run node examples/build.ts\n");
    process.exitCode = fresh ? 0 : 1;
    return;
  }
  for (const program of EXAMPLE_PROGRAMS) process.stdout.write(build(program));
  writeFileSync(RECORD, `${JSON.stringify(currentRecord(), null, 2)}\n`);
}

if (import.meta.main) main();
