// How many items fit one frame: by count, and by bytes before anything is signed.
import { limits } from "./limits.ts";
import type { FailureItem, LeaseItem, RevealItem, TaskProgram, TicketItem } from "./work-message.ts";

/** Frame header, signature and the length prefixes around them. */
const FRAME_OVERHEAD = 1_024;
/** Hashes, numbers and prefixes of an item, beside its texts and files. */
const ITEM_OVERHEAD = 512;
/** Task and ticket of an item, with their prefixes. */
const TICKET_OVERHEAD = 128;
const HASH_BYTES = 32;
/** Content id, size and prefixes of a file, beside its name. */
const FILE_OVERHEAD = 64;
/** Most bytes of UTF-8 for one UTF-16 code unit. */
const UTF8_MAX = 3;

/** Splits items into frames that keep both bounds; an item that is too large by itself stands alone. */
export function framePieces<T>(items: readonly T[], bytesOf: (item: T) => number): readonly (readonly T[])[] {
  const pieces: T[][] = [];
  let room = 0;
  for (const item of items) {
    const bytes = bytesOf(item);
    const last = pieces.at(-1);
    if (last === undefined || last.length >= limits.frameItems || bytes > room) {
      pieces.push([item]);
      room = limits.workFrameBytes - FRAME_OVERHEAD - bytes;
    } else {
      last.push(item);
      room -= bytes;
    }
  }
  return pieces;
}

/** Most bytes that a lease takes in a frame. */
export function leaseBytes(item: LeaseItem): number {
  return ITEM_OVERHEAD + UTF8_MAX * (item.step.length + item.traceId.length) + programBytes(item.task);
}

/** Most bytes that a reveal takes in a frame, its inline outputs included. */
export function revealBytes(item: RevealItem): number {
  const inline = item.inline.reduce((sum, { bytes }) => sum + bytes.length + FILE_OVERHEAD, 0);
  return ITEM_OVERHEAD + filesBytes(item.outputs) + inline;
}

/** Most bytes that a failure takes in a frame, its log included. */
export function failureBytes(item: FailureItem): number {
  return ITEM_OVERHEAD + UTF8_MAX * (item.reason.length + item.message.length + item.log.length);
}

/** Most bytes that an opened ticket takes in a frame. */
export function ticketBytes({ proof }: TicketItem): number {
  return TICKET_OVERHEAD + HASH_BYTES * proof.length;
}

/** Most bytes of an item that holds hashes and short words only: accepts, commits, verdicts, declines. */
export function plainItemBytes(item: { readonly message?: string; readonly reason?: string }): number {
  return ITEM_OVERHEAD + UTF8_MAX * ((item.message?.length ?? 0) + (item.reason?.length ?? 0));
}

function programBytes(task: TaskProgram): number {
  let bytes = filesBytes([task.program, ...(task.root === undefined ? [] : [task.root]), ...task.inputs]);
  for (const text of [...task.args, ...Object.entries(task.env).flat()]) bytes += UTF8_MAX * text.length + 8;
  for (const { name, path } of task.outputs) bytes += UTF8_MAX * (name.length + path.length) + 8;
  return bytes;
}

// File names are ASCII.
function filesBytes(files: readonly { readonly name: string }[]): number {
  return files.reduce((sum, { name }) => sum + name.length + FILE_OVERHEAD, 0);
}
