// A checkpoint as one file: the same files make the same bytes on every machine, so that its content id says whether two are equal.
import { limits } from "@starling/protocol";
import type { CheckpointFile, CheckpointFiles } from "../executor.ts";
import { checkpointBounds, isCheckpointPath, MANIFEST } from "./folder.ts";

const MAGIC = "starling/checkpoint/1\n";
const LINE_FEED = 10;

/** The archive of a checkpoint whose files are sorted by path. */
export function packCheckpoint({ step, files }: CheckpointFiles): Uint8Array {
  const list = JSON.stringify({ step, files: files.map(({ path, bytes }) => [path, bytes.length]) });
  return Buffer.concat([Buffer.from(`${MAGIC}${list}\n`), ...files.map(({ bytes }) => bytes)]);
}

/** What an archive holds; throws when it is none, or holds what no checkpoint has: it may come from a stranger. */
export function unpackCheckpoint(bytes: Uint8Array): CheckpointFiles {
  const start = MAGIC.length;
  const end = bytes.subarray(0, limits.checkpointListBytes).indexOf(LINE_FEED, start);
  if (Buffer.from(bytes.subarray(0, start)).toString("latin1") !== MAGIC || end === -1)
    throw new Error("this is no checkpoint");
  const { step, sizes } = readList(JSON.parse(Buffer.from(bytes.subarray(start, end)).toString("utf8")));
  let at = end + 1;
  const files = sizes.map(([path, size]): CheckpointFile => {
    at += size;
    return { path, bytes: bytes.subarray(at - size, at) };
  });
  if (at !== bytes.length) throw new Error("the checkpoint has another size than it says");
  return { step, files };
}

interface List {
  readonly step: number;
  readonly sizes: readonly (readonly [string, number])[];
}

function readList(found: unknown): List {
  const { step, files } = Object(found) as { readonly step?: unknown; readonly files?: unknown };
  if (!isCount(step) || !Array.isArray(files) || files.length > checkpointBounds.files)
    throw new Error("the checkpoint's list is malformed");
  const sizes = files.map((entry: unknown): readonly [string, number] => {
    const [path, size] = Array.isArray(entry) ? (entry as readonly unknown[]) : [];
    if (typeof path !== "string" || !isCheckpointPath(path) || !isCount(size))
      throw new Error("the checkpoint's list is malformed");
    return [path, size];
  });
  const paths = sizes.map(([path]) => path);
  // Each once, and no file where another one needs a folder.
  const isClash = paths.some((path, i) => i > 0 && path <= (paths[i - 1] ?? "")) || hasFileAsFolder(paths);
  if (isClash || !paths.includes(MANIFEST)) throw new Error("the checkpoint's list is malformed");
  return { step, sizes };
}

function hasFileAsFolder(paths: readonly string[]): boolean {
  const files = new Set(paths);
  return paths.some((path) => {
    const parts = path.split("/");
    return parts.some((_, i) => i > 0 && files.has(parts.slice(0, i).join("/")));
  });
}

function isCount(found: unknown): found is number {
  return typeof found === "number" && Number.isSafeInteger(found) && found >= 0;
}
