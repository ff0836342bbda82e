// Host calls on names: `path_*`.
// biome-ignore-all lint/complexity/useMaxParams: WASI fixes the parameters of its calls
import { HOST_PRICES } from "../../rewriter/fuel-schedule.ts";
import type { FuelTank } from "../fuel.ts";
import type { FileCallDeps } from "./descriptor-calls.ts";
import { WasiError } from "./errno.ts";
import { Directory, type Node, RegularFile } from "./nodes.ts";
import { APPEND_FLAG, OPEN_FLAG, RIGHT, writeFileStat } from "./stat.ts";
import type { Calls } from "./system-calls.ts";
import { findNode, findPlace, type Place } from "./tree.ts";

/** All of the `path_*` calls over one table. */
export function pathCalls({ memory, table, fuel }: FileCallDeps): Calls {
  const directory = (fd: number): Directory => {
    const { node } = table.get(fd);
    if (node.kind !== "directory") throw new WasiError("notDirectory");
    return node;
  };
  const text = (path: number, length: number): string => {
    fuel.pay(Math.min(length >>> 0, memory.size) * HOST_PRICES.perPathByte);
    return memory.text(path, length);
  };
  const place = (fd: number, path: number, length: number): Place => findPlace(directory(fd), text(path, length));
  return {
    path_open: (
      fd: number,
      _lookup: number,
      path: number,
      length: number,
      openFlags: number,
      rights: bigint,
      _inheriting: bigint,
      flags: number,
      result: number,
    ) => {
      const at = place(fd, path, length);
      memory.setU32(result, table.add(open(at, { openFlags, rights, flags, fuel })));
    },
    path_filestat_get: (fd: number, _lookup: number, path: number, length: number, result: number) =>
      writeFileStat(memory, result, findNode(directory(fd), text(path, length))),
    path_filestat_set_times: (fd: number, _lookup: number, path: number, length: number) =>
      void findNode(directory(fd), text(path, length)),
    path_create_directory: (fd: number, path: number, length: number) => createDirectory(place(fd, path, length)),
    path_remove_directory: (fd: number, path: number, length: number) => removeDirectory(place(fd, path, length)),
    path_unlink_file: (fd: number, path: number, length: number) => unlink(place(fd, path, length)),
    path_rename: (fd: number, path: number, length: number, toFd: number, toPath: number, toLength: number) =>
      rename(place(fd, path, length), place(toFd, toPath, toLength), fuel),
    path_link: refuseLink,
    path_symlink: refuseLink,
    path_readlink: () => {
      throw new WasiError("invalid");
    },
  };
}

function refuseLink(): never {
  throw new WasiError("notSupported");
}

interface OpenRequest {
  readonly openFlags: number;
  readonly rights: bigint;
  readonly flags: number;
  readonly fuel: FuelTank;
}

function open(place: Place, { openFlags, rights, flags, fuel }: OpenRequest) {
  const wantsDirectory = place.wantsDirectory || (openFlags & OPEN_FLAG.directory) !== 0;
  if (place.node !== undefined && (openFlags & OPEN_FLAG.exclusive) !== 0) throw new WasiError("exists");
  if (wantsDirectory && place.node?.kind !== "directory") {
    throw new WasiError(place.node === undefined ? "notFound" : "notDirectory");
  }
  const node = place.node ?? createFile(place, openFlags);
  const writes = (rights & RIGHT.write) !== 0n && node.kind !== "directory";
  const truncates = (openFlags & OPEN_FLAG.truncate) !== 0;
  if ((writes || truncates) && node.kind === "file" && !node.volume.writable) throw new WasiError("readOnly");
  if (truncates && node.kind === "directory") throw new WasiError("isDirectory");
  if (truncates && node.kind === "file") {
    fuel.pay(node.size * HOST_PRICES.perByte);
    node.resize(0);
  }
  const readable = node.kind !== "sink";
  return { node, readable, writable: writes, preopened: false, append: (flags & APPEND_FLAG) !== 0, offset: 0 };
}

function createFile(place: Place, openFlags: number): RegularFile {
  if ((openFlags & OPEN_FLAG.create) === 0) throw new WasiError("notFound");
  requireWritable(place.parent);
  const file = new RegularFile(place.parent.volume);
  place.parent.entries.set(place.name, file);
  return file;
}

function requireWritable(directory: Directory): void {
  if (!directory.volume.writable) throw new WasiError("readOnly");
}

function createDirectory(place: Place): void {
  if (place.node !== undefined) throw new WasiError("exists");
  requireWritable(place.parent);
  place.parent.entries.set(place.name, new Directory(place.parent.volume));
}

function removeDirectory({ parent, name, node }: Place): void {
  if (node === undefined) throw new WasiError("notFound");
  if (node.kind !== "directory") throw new WasiError("notDirectory");
  requireWritable(parent);
  if (name === ".") throw new WasiError("invalid");
  if (node.entries.size > 0) throw new WasiError("notEmpty");
  parent.entries.delete(name);
  node.volume.releaseInode();
}

function unlink({ parent, name, node, wantsDirectory }: Place): void {
  if (node === undefined) throw new WasiError("notFound");
  if (node.kind === "directory") throw new WasiError("isDirectory");
  if (wantsDirectory) throw new WasiError("notDirectory");
  if (node.kind === "sink") throw new WasiError("notPermitted");
  requireWritable(parent);
  parent.entries.delete(name);
  node.unlink();
}

function rename(from: Place, to: Place, fuel: FuelTank): void {
  const { node } = from;
  if (node === undefined) throw new WasiError("notFound");
  if (from.name === "." || to.name === ".") throw new WasiError("invalid");
  if (from.parent.volume !== to.parent.volume) throw new WasiError("crossDevice");
  requireWritable(from.parent);
  if (node === to.node) return;
  if (node.kind === "directory" && contains(node, to.parent, fuel)) throw new WasiError("invalid");
  if (to.node !== undefined) replaceable(node, to.node);
  if (to.node?.kind === "directory") removeDirectory(to);
  else if (to.node !== undefined) unlink({ ...to, wantsDirectory: false });
  from.parent.entries.delete(from.name);
  to.parent.entries.set(to.name, node);
}

function replaceable(node: Node, target: Node): void {
  if (node.kind === "directory" && target.kind !== "directory") throw new WasiError("notDirectory");
  if (node.kind !== "directory" && target.kind === "directory") throw new WasiError("isDirectory");
}

// Walks with an own stack: a program may nest directories deeper than ours allows.
function contains(outer: Directory, inner: Directory, fuel: FuelTank): boolean {
  const open: Directory[] = [outer];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next === inner) return true;
    fuel.pay(next.entries.size * HOST_PRICES.perEntry);
    for (const node of next.entries.values()) if (node.kind === "directory") open.push(node);
  }
  return false;
}
