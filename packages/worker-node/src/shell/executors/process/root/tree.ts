// A root file system on disk: written entry by entry into a folder that nothing else writes to, with one digest over all that lies in it.
import { createHash, type Hash } from "node:crypto";
import { constants, createReadStream } from "node:fs";
import {
  chmod,
  lchown,
  link,
  lstat,
  mkdir,
  open,
  opendir,
  readdir,
  readlink,
  rmdir,
  symlink,
  unlink,
} from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { TarEntry } from "../../oci/tar-reader.ts";

/** A root file system that no machine takes, with a sentence that says why. */
export class RootError extends Error {
  override readonly name = "RootError";
}

/** What the sandbox puts into every root: folders, and files on which it lays its own. */
const ownFolders = ["dev", "in", "out", "proc", "tmp"] as const;
const ownFiles = ["program", "progress"] as const;

/** Each takes a line in memory while a root is looked through. */
const ENTRIES_MAX = 200_000;
/** All their paths together, which stand in memory too: several times what a large system has. */
const PATHS_BYTES_MAX = 24 * 1024 * 1024;
/** Folders within folders. */
const DEPTH_MAX = 40;
const NAME_BYTES_MAX = 255;
const PATH_BYTES_MAX = 2_048;
/** Nobody: a user that owns nothing else either. */
const NOBODY = 65_534;
const BLOCK_BYTES = 4_096;

/** Disk that an entry takes at most, its place in its folder included. */
export function diskBytes({ size }: Pick<TarEntry, "size">): number {
  return Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES + BLOCK_BYTES;
}

type Kind = "folder" | "file" | "link";

/** The names of a root and what they stand for, checked before anything is written. */
export class RootNames {
  readonly #kinds = new Map<string, Kind>();
  #bytes = 0;

  /** Takes an entry; gives what is to be written, folders above it first. Throws `RootError` for what can't be in a root. */
  take({ name, type, link, isSparse, isExecutable }: RootEntry): readonly NamedEntry[] {
    if (name === "" || name === ".") return [];
    if (isSparse) throw new RootError(`${shown(name)} is a sparse file`);
    const kind = kindOf(type, name);
    checkName(name);
    // Another name's file is told as names are, a link's target as it is.
    const target = type === "1" ? link.replace(/^(\.?\/)+/, "") : link;
    const above = this.#foldersAbove(name);
    const before = this.#kinds.get(name);
    if (before === "folder" && kind === "folder") return above;
    if (before !== undefined) throw new RootError(`it has ${shown(name)} twice`);
    if (type === "1" && this.#kinds.get(target) !== "file")
      throw new RootError(`${shown(name)} is another name for ${shown(target)}, which is no file before it`);
    if (type === "2" && (target === "" || Buffer.byteLength(target) > PATH_BYTES_MAX || target.includes("\0")))
      throw new RootError(`${shown(name)} points nowhere`);
    return [...above, this.#add({ name, kind, target, isOther: type === "1", isExecutable })];
  }

  // Nothing is ever written through a link: each folder above is one that this archive has made.
  #foldersAbove(name: string): readonly NamedEntry[] {
    const made: NamedEntry[] = [];
    for (let at = name.indexOf("/"); at >= 0; at = name.indexOf("/", at + 1)) {
      const above = name.slice(0, at);
      const kind = this.#kinds.get(above);
      if (kind === undefined)
        made.push(this.#add({ name: above, kind: "folder", target: "", isOther: false, isExecutable: true }));
      else if (kind !== "folder") throw new RootError(`${shown(name)} lies in ${shown(above)}, which is no folder`);
    }
    return made;
  }

  #add(entry: NamedEntry): NamedEntry {
    checkOwn(entry);
    if (this.#kinds.size >= ENTRIES_MAX) throw new RootError(`it has more than ${ENTRIES_MAX} files and folders`);
    const copy = Buffer.from(entry.name);
    this.#bytes += copy.length;
    if (this.#bytes > PATHS_BYTES_MAX) throw new RootError(`its paths take more than ${PATHS_BYTES_MAX} bytes`);
    // Part of a string keeps the whole of it in memory: of a name, all that the archive said around it.
    this.#kinds.set(copy.toString(), entry.kind);
    return entry;
  }
}

/** What is taken from an archive's entry. */
export type RootEntry = Pick<TarEntry, "name" | "type" | "link" | "isSparse"> & { readonly isExecutable: boolean };

/** An entry that may be written. */
export interface NamedEntry {
  readonly name: string;
  readonly kind: Kind;
  readonly target: string;
  /** Another name of a file that is there already. */
  readonly isOther: boolean;
  readonly isExecutable: boolean;
}

function kindOf(type: string, name: string): Kind {
  if (type === "0" || type === "1") return "file";
  if (type === "2") return "link";
  if (type === "5") return "folder";
  if (type === "3" || type === "4") throw new RootError(`${shown(name)} is a device; the sandbox has its own /dev`);
  if (type === "6") throw new RootError(`${shown(name)} is a pipe`);
  throw new RootError(`${shown(name)} is of the unknown kind ${shown(type)}`);
}

function checkName(name: string): void {
  const parts = name.split("/");
  if (parts.length > DEPTH_MAX || Buffer.byteLength(name) > PATH_BYTES_MAX)
    throw new RootError(`the path ${shown(name)} is too long`);
  for (const part of parts) {
    if (part === "" || part === "." || part === "..") throw new RootError(`the path ${shown(name)} leads elsewhere`);
    if (part.includes("\0") || Buffer.byteLength(part) > NAME_BYTES_MAX)
      throw new RootError(`the path ${shown(name)} has a name that no file can have`);
  }
}

function checkOwn({ name, kind }: NamedEntry): void {
  if (ownFiles.some((own) => own === name)) throw new RootError(`it has /${name}, which is the sandbox's`);
  if (kind !== "folder" && ownFolders.some((own) => own === name))
    throw new RootError(`/${name} is no folder, and the sandbox needs one there`);
}

function shown(name: string): string {
  return JSON.stringify(name.slice(0, 100));
}

/** Writes one entry below a folder; `content` is read for files. Whatever the archive says of owners and rights, only "may be run" counts. */
export async function writeEntry(
  folder: string,
  { name, kind, target, isOther, isExecutable }: NamedEntry,
  content: () => AsyncIterable<Uint8Array>,
): Promise<void> {
  const path = join(folder, name);
  if (kind === "folder") await makeFolder(path);
  else if (kind === "link") await symlink(target, path);
  else if (isOther) await link(join(folder, target), path);
  else {
    const file = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW);
    await pipeline(content(), file.createWriteStream());
    await chmod(path, isExecutable ? 0o555 : 0o444);
  }
  if (!isOther) await lchown(path, NOBODY, NOBODY);
}

/** Makes what the sandbox needs in a root and the archive has not brought. */
export async function addOwn(folder: string): Promise<void> {
  const there = new Set(await readdir(folder));
  for (const name of ownFolders) if (!there.has(name)) await makeFolder(join(folder, name));
  for (const name of ownFiles) {
    await (await open(join(folder, name), "wx")).close();
    await chmod(join(folder, name), 0o444);
  }
}

// The worker may have been started with any mask.
async function makeFolder(path: string): Promise<void> {
  await mkdir(path);
  await chmod(path, 0o755);
}

/** Removes a folder, if it is there, one file after the other: asked for all at a time, they keep every other file of the worker waiting. */
export async function removeTree(folder: string): Promise<void> {
  try {
    for await (const entry of await opendir(folder)) {
      const path = join(folder, entry.name);
      await (entry.isDirectory() ? removeTree(path) : unlink(path));
    }
    await rmdir(folder);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  }
}

/** One digest over everything in a folder: names, kinds, rights, targets and contents. */
export async function treeDigest(folder: string, signal: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  const folders = [""];
  for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
    signal.throwIfAborted();
    for (const name of (await readdir(join(folder, next))).sort()) {
      const path = next === "" ? name : `${next}/${name}`;
      if (await hashEntry(hash, folder, path)) folders.push(path);
    }
  }
  return hash.digest("hex");
}

async function hashEntry(hash: Hash, folder: string, path: string): Promise<boolean> {
  const full = join(folder, path);
  const stat = await lstat(full);
  const kind = stat.isDirectory() ? "folder" : stat.isSymbolicLink() ? "link" : stat.isFile() ? "file" : "other";
  hash.update(JSON.stringify([path, kind, stat.mode, stat.uid, stat.gid, kind === "file" ? stat.size : 0]));
  if (kind === "link") hash.update(JSON.stringify(await readlink(full)));
  if (kind === "file" && stat.size > 0)
    for await (const piece of createReadStream(full)) hash.update(piece as Uint8Array);
  return kind === "folder";
}
