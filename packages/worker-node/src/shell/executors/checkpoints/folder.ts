// The folder in which a task leaves its checkpoints: what is laid out there, and what is read from it without following a link, while
// the task may still change it.
import { constants, type FileHandle, mkdir, open, opendir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { CheckpointFile, CheckpointFiles } from "../executor.ts";

/** What one checkpoint may hold. */
export const checkpointBounds = { files: 256, depth: 4, nameLength: 128 } as const;

/** A checkpoint counts once this is in its folder. */
export const MANIFEST = "manifest.json";

const STEP = /^(0|[1-9][0-9]{0,15})$/;
const NAME = /^[A-Za-z0-9._-]+$/;
const MODE_FOLDER = 0o777;
const MODE_FILE = 0o666;

/** Whether a file of a checkpoint may be called this: plain words, so that it lies where it says on every machine. */
export function isCheckpointPath(path: string): boolean {
  const parts = path.split("/");
  const isName = (part: string): boolean =>
    NAME.test(part) && part !== "." && part !== ".." && part.length <= checkpointBounds.nameLength;
  return parts.length <= checkpointBounds.depth && parts.every(isName);
}

/** Puts a checkpoint into an empty folder that nobody else writes to yet, for any user to go on with. */
export async function layCheckpoint(folder: string, { step, files }: CheckpointFiles): Promise<void> {
  const made = new Set<string>();
  for (const { path, bytes } of files) {
    const to = join(folder, String(step), path);
    for (const parent of foldersTo(path)) {
      const each = join(folder, String(step), parent);
      if (made.has(each)) continue;
      await mkdir(each, { recursive: true });
      await setMode(each, { flags: constants.O_RDONLY | constants.O_DIRECTORY, mode: MODE_FOLDER });
      made.add(each);
    }
    await writeFile(to, bytes);
    await setMode(to, { flags: constants.O_RDONLY, mode: MODE_FILE });
  }
}

// The umask would take what the task needs.
async function setMode(
  path: string,
  { flags, mode }: { readonly flags: number; readonly mode: number },
): Promise<void> {
  const handle = await open(path, flags | constants.O_NOFOLLOW);
  await handle.chmod(mode).finally(() => handle.close());
}

function foldersTo(path: string): readonly string[] {
  const folders = [""];
  for (let at = dirname(path); at !== "."; at = dirname(at)) folders.splice(1, 0, at);
  return folders;
}

/** The complete checkpoints of steps after `after`, the newest first, at most `most`. One that is too large or oddly named is passed over. */
export async function readCheckpoints(
  folder: string,
  { after, most, bytesMax }: { readonly after: number; readonly most: number; readonly bytesMax: number },
): Promise<readonly CheckpointFiles[]> {
  const root = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    const steps: number[] = [];
    let seen = 0;
    for await (const { name } of await opendir(below(root), { encoding: "latin1" })) {
      seen += 1;
      if (seen > checkpointBounds.files) break;
      if (STEP.test(name) && Number(name) > after) steps.push(Number(name));
    }
    const found: CheckpointFiles[] = [];
    // Of all together: holes in files take no room of the folder, and as much memory here as if they were filled.
    let left = bytesMax;
    for (const step of steps.sort((a, b) => b - a)) {
      if (found.length === most) break;
      const files = await readStep(root, String(step), left);
      if (files === null) continue;
      found.push({ step, files });
      for (const { bytes } of files) left -= bytes.length;
    }
    return found;
  } finally {
    await root.close();
  }
}

async function readStep(root: FileHandle, step: string, bytesMax: number): Promise<readonly CheckpointFile[] | null> {
  const reading: Reading = { files: [], bytes: 0, entries: 0, bytesMax };
  const handle = await openFolder(root, step);
  if (handle === null) return null;
  try {
    if (!(await hasManifest(handle)) || !(await readFolder(handle, "", reading))) return null;
  } finally {
    await handle.close();
  }
  // Removed meanwhile: the program has given it up.
  if (!reading.files.some(({ path }) => path === MANIFEST)) return null;
  return reading.files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

interface Reading {
  readonly files: CheckpointFile[];
  readonly bytesMax: number;
  bytes: number;
  entries: number;
}

/** False where there is anything that no checkpoint has. */
async function readFolder(folder: FileHandle, prefix: string, reading: Reading): Promise<boolean> {
  for await (const { name } of await opendir(below(folder), { encoding: "latin1" })) {
    reading.entries += 1;
    const path = `${prefix}${name}`;
    if (reading.entries > checkpointBounds.files || !isCheckpointPath(path)) return false;
    const file = await openFile(folder, name);
    if (file === null) return false;
    try {
      const stat = await file.stat();
      if (stat.isDirectory()) {
        if (!(await readFolder(file, `${path}/`, reading))) return false;
      } else if (!stat.isFile() || reading.bytes + stat.size > reading.bytesMax) return false;
      else {
        const bytes = await contentOf(file, stat.size);
        reading.bytes += bytes.length;
        reading.files.push({ path, bytes });
      }
    } finally {
      await file.close();
    }
  }
  return true;
}

// No more than it had when it was looked at: it may grow while it is read.
async function contentOf(file: FileHandle, size: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  let filled = 0;
  while (filled < size) {
    const { bytesRead } = await file.read(bytes, filled, size - filled, filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}

async function hasManifest(folder: FileHandle): Promise<boolean> {
  const file = await openFile(folder, MANIFEST);
  if (file === null) return false;
  try {
    return (await file.stat()).isFile();
  } finally {
    await file.close();
  }
}

async function openFolder(parent: FileHandle, name: string): Promise<FileHandle | null> {
  const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
  return await open(`${below(parent)}/${name}`, flags).catch(() => null);
}

// Through the descriptor of its folder, whatever is done to names above meanwhile; neither a link is followed nor a pipe waited for.
async function openFile(parent: FileHandle, name: string): Promise<FileHandle | null> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  return await open(`${below(parent)}/${name}`, flags).catch(() => null);
}

function below(folder: FileHandle): string {
  return `/proc/self/fd/${folder.fd}`;
}
