// What the first bytes of a program say before anything is uploaded or spent: every worker would refuse it for the same reason.
import { open } from "node:fs/promises";
import type { RunDocument } from "@starling/protocol";

/** What a file is for: an engine's program, or a root file system. */
type Use = RunDocument["engine"] | "root";

/** As many as a tar archive's first header has. */
const headBytes = 512;
const gzip = "\u001f\u008b";
const zstd = "\u0028\u00b5\u002f\u00fd";
const elf = "\u007fELF";
const wasm = "\0asm";
/** The four bytes after the magic: version 1 of a module, and layer 1 of a component. */
const moduleVersion = "\u0001\0\0\0";
const componentVersion = "\r\0\u0001\0";

/** Why no worker could use a local file for this, with what to do; null where nothing speaks against it. */
export async function programProblem(use: Use, path: string): Promise<string | null> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(new Uint8Array(headBytes), 0, headBytes, 0);
    return headProblem(use, String.fromCharCode(...buffer.subarray(0, bytesRead)));
  } finally {
    await file.close();
  }
}

/** The same of a file's first bytes, a character for each. */
export function headProblem(use: Use, head: string): string | null {
  if (use === "wasm") return wasmProblem(head);
  if (use !== "process") return archiveProblem(head);
  if (head.startsWith(elf) || head.startsWith("#!")) return null;
  if (head.startsWith(wasm)) return "is a WebAssembly module: name it in run.wasm";
  return "is neither an ELF file nor a script that starts with #!: such a line names the program that runs it, as in #!/usr/bin/env python3";
}

function archiveProblem(head: string): string | null {
  if (head.startsWith(gzip) || isTarHeader(head)) return null;
  if (head.startsWith(zstd)) return "is packed with zstd: pack it with gzip, or leave it as a tar archive";
  return "is no tar archive, plain or packed with gzip: its first bytes are not those of one";
}

// The sum of the header's bytes, its own eight taken for spaces, stands in octal digits at 148 (POSIX, ustar interchange format).
function isTarHeader(head: string): boolean {
  if (head.length < headBytes) return false;
  const spaced = head.slice(0, 148) + " ".repeat(8) + head.slice(156);
  let sum = 0;
  for (const character of spaced) sum += character.charCodeAt(0);
  return Number.parseInt(head.slice(148, 156).trim(), 8) === sum;
}

function wasmProblem(head: string): string | null {
  if (head.startsWith(wasm + moduleVersion)) return null;
  if (head.startsWith(wasm + componentVersion))
    return "is a WebAssembly component: build a module for WASI preview 1 (wasm32-wasip1)";
  if (head.startsWith(wasm)) return "is WebAssembly of a version that nobody runs: build a module of version 1";
  if (head.startsWith(elf) || head.startsWith("#!"))
    return "is a program and no WebAssembly module: name it in run.process.program, where workers allow processes";
  return "is no WebAssembly module: its first bytes are not those of one. Name the compiled .wasm file";
}
