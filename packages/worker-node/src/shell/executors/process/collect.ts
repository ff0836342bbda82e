// What a dead sandbox left under its output folder: counted, measured, and read without following a link.
import { constants, type FileHandle, lstat, open, opendir } from "node:fs/promises";
import { join } from "node:path";
import type { CollectedOutput, TaskOutput } from "../executor.ts";

/** What may be there. */
export interface OutputBounds {
  readonly outputBytes: number;
  readonly outputFiles: number;
}

/** The outputs, or what is wrong with the folder. */
export type Collected =
  | { readonly kind: "collected"; readonly outputs: readonly CollectedOutput[] }
  | { readonly kind: "outputTooLarge" | "missingOutput"; readonly message: string };

/** Reads the declared outputs; nothing may write to the folder any more. */
export async function collectOutputs(
  folder: string,
  outputs: readonly TaskOutput[],
  bounds: OutputBounds,
): Promise<Collected> {
  const excess = await excessIn(folder, bounds).catch(tooDeep);
  if (excess !== null) return { kind: "outputTooLarge", message: excess };
  const collected: CollectedOutput[] = [];
  for (const { name, path } of outputs) {
    const bytes = await readOutput(folder, path, bounds.outputBytes);
    if (bytes === null) return { kind: "missingOutput", message: `it left no file ${path}` };
    collected.push({ name, bytes });
  }
  return { kind: "collected", outputs: collected };
}

function tooDeep(error: unknown): string {
  if (error instanceof Error && "code" in error && error.code === "ENAMETOOLONG")
    return "it left folders within folders, too deep to be looked into";
  throw error;
}

/** Null while files and bytes are within bounds, declared as outputs or not. A hole in a file counts as if it were filled. */
async function excessIn(folder: string, { outputBytes, outputFiles }: OutputBounds): Promise<string | null> {
  const counted = { files: 0, bytes: 0 };
  const folders = [folder];
  for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
    // Names are whatever bytes the program chose, and each byte is one character here.
    for await (const entry of await opendir(pathBytes(next), { encoding: "latin1" })) {
      counted.files += 1;
      if (counted.files > outputFiles) return `it left more than ${outputFiles} files and folders`;
      const path = below(next, entry.name);
      if (entry.isDirectory()) folders.push(path);
      else if (entry.isFile()) counted.bytes += (await lstat(pathBytes(path))).size;
      if (counted.bytes > outputBytes) return `it left more than ${outputBytes} bytes`;
    }
  }
  return null;
}

function below(folder: string, name: string): string {
  return `${folder}/${name}`;
}

function pathBytes(path: string): Buffer {
  return Buffer.from(path, "latin1");
}

/** A regular file in folders that are folders; anything else is no output. */
async function readOutput(folder: string, path: string, bytesMax: number): Promise<Uint8Array | null> {
  const parts = path.split("/");
  for (let depth = 1; depth < parts.length; depth += 1) {
    const stat = await lstat(join(folder, ...parts.slice(0, depth))).catch(() => null);
    if (stat?.isDirectory() !== true) return null;
  }
  // Neither a link is followed nor a pipe waited for.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(join(folder, path), flags).catch(() => null);
  if (file === null) return null;
  try {
    return await contentOf(file, bytesMax);
  } finally {
    await file.close();
  }
}

async function contentOf(file: FileHandle, bytesMax: number): Promise<Uint8Array | null> {
  const stat = await file.stat();
  return stat.isFile() && stat.size <= bytesMax ? await file.readFile() : null;
}
