// What the first bytes of a program say before anything is uploaded or spent: every worker would refuse it for the same reason.
import { open } from "node:fs/promises";
import type { RunDocument } from "@starling/protocol";

type Engine = RunDocument["engine"];

const headBytes = 8;
const elf = "\u007fELF";
const wasm = "\0asm";
/** The four bytes after the magic: version 1 of a module, and layer 1 of a component. */
const moduleVersion = "\u0001\0\0\0";
const componentVersion = "\r\0\u0001\0";

/** Why no worker could run a local file as this engine's program, with what to do; null where nothing speaks against it. */
export async function programProblem(engine: Engine, path: string): Promise<string | null> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(new Uint8Array(headBytes), 0, headBytes, 0);
    return headProblem(engine, String.fromCharCode(...buffer.subarray(0, bytesRead)));
  } finally {
    await file.close();
  }
}

/** The same of a file's first bytes, a character for each. */
export function headProblem(engine: Engine, head: string): string | null {
  if (engine === "wasm") return wasmProblem(head);
  if (engine !== "process" || head.startsWith(elf) || head.startsWith("#!")) return null;
  if (head.startsWith(wasm)) return "is a WebAssembly module: name it in run.wasm";
  return "is neither an ELF file nor a script that starts with #!: such a line names the program that runs it, as in #!/usr/bin/env python3";
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
