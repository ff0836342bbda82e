// The compilers of the examples: each at one version, since only that one gives the committed bytes again.
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { ExampleProgram } from "./programs.ts";

/** A compiler at its version. */
export interface Compiler {
  readonly version: string;
  readonly options: readonly string[];
  /** Why it can't be used here, or null. */
  missing(): string | null;
  /** The command that compiles sources to a module. */
  command(sources: readonly string[], module: string): readonly string[];
}

const require = createRequire(import.meta.url);
const ascPackage = require.resolve("assemblyscript/package.json");

/** Optimised for speed without fast-math; the stub runtime never frees, which suits programs that end soon. */
const ascOptions = ["-O3", "--enable", "simd", "--runtime", "stub", "--use", "abort=assembly/wasi/abort", "--noColors"];

const assemblyScript: Compiler = {
  version: `assemblyscript ${(require(ascPackage) as { version: string }).version}`,
  options: ascOptions,
  missing: () => null,
  command: (sources, module) => {
    const compiler = join(dirname(ascPackage), "bin", "asc.js");
    return [process.execPath, compiler, ...sources, ...ascOptions, "--outFile", module];
  },
};

/** Debian's packages that a program in C is built with. */
export const DEBIAN_CLANG: Readonly<Record<string, string>> = {
  "clang-14": "1:14.0.6-12",
  "lld-14": "1:14.0.6-12",
  "libclang-rt-14-dev-wasm32": "1:14.0.6-12",
  "wasi-libc": "0.0~git20220510.9886d3d-2",
};

const clangOptions = [
  ...["--target=wasm32-wasi", "-std=c17", "-O2", "-Wall", "-Wextra", "-Werror"],
  // Names and the compiler's version would be most of what differs between builds.
  "-Wl,--strip-all",
];

const clang: Compiler = {
  version: Object.entries(DEBIAN_CLANG)
    .map(([name, version]) => `${name} ${version}`)
    .join(", "),
  options: clangOptions,
  missing: () => {
    const absent = Object.entries(DEBIAN_CLANG).filter(
      ([name, version]) => output("dpkg-query", "-W", "-f", "${Version}", name) !== version,
    );
    return absent.length === 0 ? null : `there is no ${absent.map((pair) => pair.join(" ")).join(", ")}`;
  },
  command: (sources, module) => ["clang-14", ...clangOptions, ...sources, "-o", module],
};

const rustVersion = "rustc 1.95.0 (59807616e 2026-04-14)";

const rustOptions = [
  ...["--edition", "2021", "--target", "wasm32-wasip1", "-C", "opt-level=s", "-C", "lto=fat", "-C", "codegen-units=1"],
  // A panic ends the program; unwinding would need exceptions, which the sandbox refuses.
  ...["-C", "panic=abort", "-C", "strip=symbols"],
];

const rust: Compiler = {
  version: rustVersion,
  options: rustOptions,
  missing: () => {
    const library = output("rustc", "--print", "target-libdir", "--target", "wasm32-wasip1");
    if (output("rustc", "--version") !== rustVersion) return `there is no ${rustVersion}`;
    return output("ls", library) === ""
      ? "there is no library for wasm32-wasip1; rustup target add wasm32-wasip1"
      : null;
  },
  command: (sources, module) => ["rustc", ...rustOptions, ...sources, "-o", module],
};

/** By language. */
export const COMPILERS: Readonly<Record<ExampleProgram["language"], Compiler>> = {
  assemblyscript: assemblyScript,
  c: clang,
  rust,
};

// What a command says, or nothing where there is no such command.
function output(command: string, ...words: readonly string[]): string {
  return (spawnSync(command, words, { encoding: "utf8" }).stdout ?? "").trim();
}
