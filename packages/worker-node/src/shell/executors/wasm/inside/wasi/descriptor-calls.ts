// Host calls on open files: `fd_*`.
// biome-ignore-all lint/complexity/useMaxParams: WASI fixes the parameters of its calls
import { HOST_PRICES } from "../../rewriter/fuel-schedule.ts";
import type { FuelTank } from "../fuel.ts";
import type { Descriptor, DescriptorTable } from "./descriptors.ts";
import { WasiError } from "./errno.ts";
import type { GuestMemory } from "./guest-memory.ts";
import type { Directory, RegularFile, Sink } from "./nodes.ts";
import { APPEND_FLAG, fileType, sizeOf, writeDescriptorStat, writeFileStat } from "./stat.ts";
import type { Calls } from "./system-calls.ts";

const SEEK = { set: 0, current: 1, end: 2 } as const;

/** What calls on files work with. */
export interface FileCallDeps {
  readonly memory: GuestMemory;
  readonly table: DescriptorTable;
  readonly fuel: FuelTank;
}

/** All of the `fd_*` calls over one table. */
export function descriptorCalls(deps: FileCallDeps): Calls {
  return { ...transferCalls(deps), ...positionCalls(deps), ...statCalls(deps) };
}

function transferCalls({ memory, table, fuel }: FileCallDeps): Calls {
  return {
    fd_read: (fd: number, vectors: number, count: number, result: number) => {
      const descriptor = table.get(fd);
      const done = readInto(memory, descriptor, { vectors, count, offset: descriptor.offset, fuel });
      descriptor.offset += done;
      memory.setU32(result, done);
    },
    fd_pread: (fd: number, vectors: number, count: number, offset: bigint, result: number) => {
      memory.setU32(result, readInto(memory, table.get(fd), { vectors, count, offset: position(offset), fuel }));
    },
    fd_write: (fd: number, vectors: number, count: number, result: number) => {
      const descriptor = table.get(fd);
      const offset = descriptor.append ? sizeOf(descriptor.node) : descriptor.offset;
      const done = writeFrom(memory, descriptor, { vectors, count, offset, fuel });
      descriptor.offset = offset + done;
      memory.setU32(result, done);
    },
    fd_pwrite: (fd: number, vectors: number, count: number, offset: bigint, result: number) => {
      memory.setU32(result, writeFrom(memory, table.get(fd), { vectors, count, offset: position(offset), fuel }));
    },
    fd_readdir: (fd: number, buffer: number, length: number, cookie: bigint, result: number) => {
      const { node } = table.get(fd);
      if (node.kind !== "directory") throw new WasiError("notDirectory");
      memory.setU32(result, listDirectory(node, memory.span(buffer, length), { cookie: position(cookie), fuel }));
    },
  };
}

interface Transfer {
  readonly vectors: number;
  readonly count: number;
  readonly offset: number;
  readonly fuel: FuelTank;
}

function readInto(memory: GuestMemory, descriptor: Descriptor, transfer: Transfer): number {
  const { node, readable } = descriptor;
  if (node.kind === "directory") throw new WasiError("isDirectory");
  if (!readable) throw new WasiError("notCapable");
  let done = 0;
  for (const { pointer, length } of memory.vectors(transfer.vectors, transfer.count)) {
    const into = memory.span(pointer, length);
    const count = node.kind === "file" ? node.read(transfer.offset + done, into) : 0;
    transfer.fuel.pay(HOST_PRICES.perEntry + count * HOST_PRICES.perByte);
    done += count;
    if (count < into.length) break;
  }
  return done;
}

function writeFrom(memory: GuestMemory, descriptor: Descriptor, transfer: Transfer): number {
  const { node, writable } = descriptor;
  if (node.kind === "directory") throw new WasiError("isDirectory");
  if (!writable) throw new WasiError("notCapable");
  let done = 0;
  for (const { pointer, length } of memory.vectors(transfer.vectors, transfer.count)) {
    const from = memory.span(pointer, length);
    transfer.fuel.pay(HOST_PRICES.perEntry + priceOfWrite(node, transfer.offset + done, from.length));
    if (node.kind === "file") node.write(transfer.offset + done, from);
    else node.take(from);
    done += from.length;
  }
  return done;
}

// A write beyond the end fills the gap with zeros; beyond the quota nothing is done, so a huge offset is no work.
function priceOfWrite(node: RegularFile | Sink, offset: number, length: number): number {
  if (node.kind === "sink") return length * HOST_PRICES.perSaidByte;
  const gap = Math.min(Math.max(0, offset - node.size), node.volume.bytesLeft);
  return (gap + length) * HOST_PRICES.perByte;
}

const ENTRY_HEADER_BYTES = 24;

// Fills the buffer to the brim, cutting the last entry, as the interface demands: the program then asks again.
function listDirectory(directory: Directory, into: Uint8Array, from: { cookie: number; fuel: FuelTank }): number {
  let used = 0;
  let index = 0;
  for (const [name, node] of directory.entries) {
    index += 1;
    from.fuel.pay(HOST_PRICES.perEntry);
    if (index <= from.cookie) continue;
    const text = new TextEncoder().encode(name);
    const entry = new Uint8Array(ENTRY_HEADER_BYTES + text.length);
    const view = new DataView(entry.buffer);
    view.setBigUint64(0, BigInt(index), true);
    view.setBigUint64(8, node.inode, true);
    view.setUint32(16, text.length, true);
    entry[20] = fileType(node);
    entry.set(text, ENTRY_HEADER_BYTES);
    const fits = entry.subarray(0, into.length - used);
    into.set(fits, used);
    used += fits.length;
    if (used === into.length) break;
  }
  return used;
}

function positionCalls({ memory, table, fuel }: FileCallDeps): Calls {
  const seekable = (fd: number): Descriptor & { node: RegularFile } => {
    const descriptor = table.get(fd);
    if (descriptor.node.kind !== "file") throw new WasiError("illegalSeek");
    return descriptor as Descriptor & { node: RegularFile };
  };
  return {
    fd_seek: (fd: number, delta: bigint, whence: number, result: number) => {
      const descriptor = seekable(fd);
      const starts = { [SEEK.set]: 0, [SEEK.current]: descriptor.offset, [SEEK.end]: descriptor.node.size };
      const start = (starts as Record<number, number | undefined>)[whence];
      if (start === undefined) throw new WasiError("invalid");
      descriptor.offset = position(BigInt(start) + delta);
      memory.setU64(result, BigInt(descriptor.offset));
    },
    fd_tell: (fd: number, result: number) => memory.setU64(result, BigInt(seekable(fd).offset)),
    fd_advise: (fd: number) => void table.get(fd),
    fd_datasync: (fd: number) => void table.get(fd),
    fd_sync: (fd: number) => void table.get(fd),
    fd_allocate: () => {
      throw new WasiError("notSupported");
    },
    fd_filestat_set_size: (fd: number, size: bigint) => {
      const descriptor = seekable(fd);
      if (!descriptor.writable) throw new WasiError("notCapable");
      const { node } = descriptor;
      const bytes = position(size);
      const changed = bytes < node.size ? node.size - bytes : Math.min(bytes - node.size, node.volume.bytesLeft);
      fuel.pay(changed * HOST_PRICES.perByte);
      node.resize(bytes);
    },
  };
}

function statCalls({ memory, table }: FileCallDeps): Calls {
  return {
    fd_close: (fd: number) => table.close(fd),
    fd_renumber: (from: number, to: number) => table.renumber(from, to),
    fd_fdstat_get: (fd: number, result: number) => writeDescriptorStat(memory, result, table.get(fd)),
    fd_fdstat_set_flags: (fd: number, flags: number) => {
      table.get(fd).append = (flags & APPEND_FLAG) !== 0;
    },
    fd_fdstat_set_rights: (fd: number) => void table.get(fd),
    fd_filestat_get: (fd: number, result: number) => writeFileStat(memory, result, table.get(fd).node),
    fd_filestat_set_times: (fd: number) => void table.get(fd),
    fd_prestat_get: (fd: number, result: number) => {
      if (!table.get(fd).preopened) throw new WasiError("badFileDescriptor");
      memory.setU32(result, 0);
      memory.setU32(result + 4, 1);
    },
    fd_prestat_dir_name: (fd: number, path: number, length: number) => {
      if (!table.get(fd).preopened) throw new WasiError("badFileDescriptor");
      if (length < 1) throw new WasiError("nameTooLong");
      memory.write(path, Uint8Array.of(0x2f));
    },
  };
}

// Offsets and sizes are 64 bits wide; those beyond what a number holds exactly can't be meant seriously.
function position(value: bigint): number {
  if (value < 0n || value > BigInt(Number.MAX_SAFE_INTEGER)) throw new WasiError("invalid");
  return Number(value);
}
