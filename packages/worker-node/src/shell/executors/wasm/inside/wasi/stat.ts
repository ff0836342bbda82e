// The binary layouts of WASI preview 1 that describe files.
import type { Descriptor } from "./descriptors.ts";
import type { GuestMemory } from "./guest-memory.ts";
import type { Node } from "./nodes.ts";

/** Rights are a concept that WASI has given up; all are granted, and what is refused is refused by the call. */
const ALL_RIGHTS = 0x3fff_ffffn;

const FILE_TYPE = { sink: 2, directory: 3, file: 4 } as const;

export const RIGHT = { read: 1n << 1n, write: 1n << 6n } as const;

export const OPEN_FLAG = { create: 1, directory: 2, exclusive: 4, truncate: 8 } as const;

export const APPEND_FLAG = 1;

/** WASI's number for what a node is. */
export function fileType(node: Node): number {
  return FILE_TYPE[node.kind];
}

/** Bytes in the node. */
export function sizeOf(node: Node): number {
  return node.kind === "file" ? node.size : 0;
}

/** Writes a `filestat` (64 bytes). Times are all zero: real ones would differ between replicas. */
export function writeFileStat(memory: GuestMemory, at: number, node: Node): void {
  memory.span(at, 64).fill(0);
  memory.setU64(at + 8, node.inode);
  memory.setU8(at + 16, fileType(node));
  memory.setU64(at + 24, 1n);
  memory.setU64(at + 32, BigInt(sizeOf(node)));
}

/** Writes an `fdstat` (24 bytes). */
export function writeDescriptorStat(memory: GuestMemory, at: number, descriptor: Descriptor): void {
  memory.span(at, 24).fill(0);
  memory.setU8(at, fileType(descriptor.node));
  memory.setU16(at + 2, descriptor.append ? APPEND_FLAG : 0);
  memory.setU64(at + 8, ALL_RIGHTS);
  memory.setU64(at + 16, ALL_RIGHTS);
}
