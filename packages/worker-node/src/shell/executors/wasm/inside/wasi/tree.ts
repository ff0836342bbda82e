// Builds the tree that a program sees, and finds nodes in it by path.
import { RunFailure } from "../failure.ts";
import { WasiError } from "./errno.ts";
import { Directory, type Node, RegularFile, resetInodes, Sink, Volume } from "./nodes.ts";

/** What the tree is made of. */
export interface TreeOptions {
  readonly inputs: readonly { readonly name: string; readonly bytes: Uint8Array }[];
  readonly outputBytes: number;
  readonly outputFiles: number;
  /** Quota of `/tmp` and of `/ckpt`, each. */
  readonly scratchBytes: number;
  readonly onProgress: (bytes: Uint8Array) => void;
}

/** Files and directories in `/tmp` and in `/ckpt`, each. */
const SCRATCH_INODES = 4_096;

/** The volumes of one run. */
export interface Tree {
  readonly root: Directory;
  readonly out: Directory;
  readonly written: () => number;
}

/** Makes the tree of design page 4: `/in`, `/out`, `/tmp`, `/ckpt` and `/progress`. */
export function buildTree(options: TreeOptions): Tree {
  resetInodes();
  const unlimited = { bytes: Number.MAX_SAFE_INTEGER, inodes: Number.MAX_SAFE_INTEGER, at: "refuse" } as const;
  const scratch = { bytes: options.scratchBytes, inodes: SCRATCH_INODES, at: "refuse" } as const;
  const root = new Directory(new Volume("", false, unlimited));
  const input = new Directory(new Volume("in", false, unlimited));
  const quota = { bytes: options.outputBytes, inodes: options.outputFiles + 1, at: "fail" } as const;
  const out = new Directory(new Volume("out", true, quota));
  const temporary = new Directory(new Volume("tmp", true, scratch));
  const checkpoints = new Directory(new Volume("ckpt", true, scratch));
  for (const { name, bytes } of options.inputs) addInput(input, name, bytes);
  root.entries.set("in", input).set("out", out).set("tmp", temporary).set("ckpt", checkpoints);
  root.entries.set("progress", new Sink(options.onProgress));
  const volumes = [out.volume, temporary.volume, checkpoints.volume];
  return { root, out, written: () => volumes.reduce((sum, volume) => sum + volume.bytes, 0) };
}

function addInput(directory: Directory, name: string, bytes: Uint8Array): void {
  const parts = name.split("/");
  const last = parts.pop() ?? "";
  let at = directory;
  for (const part of [...parts, last]) {
    if (!isEntryName(part)) throw new RunFailure("badProgram", `an input can't have the name ${JSON.stringify(name)}`);
  }
  for (const part of parts) {
    const known = at.entries.get(part);
    const next = known ?? new Directory(directory.volume);
    if (next.kind !== "directory") throw new RunFailure("badProgram", `the input ${name} lies inside of another input`);
    at.entries.set(part, next);
    at = next;
  }
  if (at.entries.has(last)) throw new RunFailure("badProgram", `two inputs have the name ${name}`);
  at.entries.set(last, new RegularFile(directory.volume, bytes));
}

/** Whether a single path component can name a file. */
function isEntryName(name: string): boolean {
  return (
    name !== "" && name !== "." && name !== ".." && name.length <= 255 && !name.includes("/") && !name.includes("\0")
  );
}

/** A place in a directory, where a node may or may not be. */
export interface Place {
  readonly parent: Directory;
  readonly name: string;
  readonly node: Node | undefined;
  /** The path ended with a slash, so only a directory will do. */
  readonly wantsDirectory: boolean;
}

const PATH_BYTES_MAX = 4_096;

/** Finds the place that a path names. There are no links, so `..` is purely lexical and can't leave `base`. */
export function findPlace(base: Directory, path: string): Place {
  if (path.length > PATH_BYTES_MAX) throw new WasiError("nameTooLong");
  if (path === "") throw new WasiError("notFound");
  if (path.startsWith("/")) throw new WasiError("notCapable");
  const trail: Place[] = [{ parent: base, name: ".", node: base, wantsDirectory: true }];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") {
      if (trail.length === 1) throw new WasiError("notCapable");
      trail.pop();
      continue;
    }
    const parent = trail.at(-1)?.node;
    if (parent === undefined) throw new WasiError("notFound");
    if (parent.kind !== "directory") throw new WasiError("notDirectory");
    if (!isEntryName(part)) throw new WasiError(part.length > 255 ? "nameTooLong" : "invalid");
    trail.push({ parent, name: part, node: parent.entries.get(part), wantsDirectory: false });
  }
  const place = trail.at(-1);
  if (place === undefined) throw new WasiError("notFound");
  return path.endsWith("/") ? { ...place, wantsDirectory: true } : place;
}

/** The node at a path, which must be there. */
export function findNode(base: Directory, path: string): Node {
  const { node, wantsDirectory } = findPlace(base, path);
  if (node === undefined) throw new WasiError("notFound");
  if (wantsDirectory && node.kind !== "directory") throw new WasiError("notDirectory");
  return node;
}
