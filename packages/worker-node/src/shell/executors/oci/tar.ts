// Tar archives written from scratch, in pieces: of content in memory, and of content that is read while it is written.
import type { Content } from "../stored.ts";

/** Everything in an archive begins at a multiple of this. */
export const BLOCK_BYTES = 512;

/** Bytes that are no tar archive, or names that can't be in one. */
export class TarError extends Error {
  override readonly name = "TarError";
}

/** An entry to write. Its owner is root and its time the beginning of time: equal content makes equal archives. */
export interface NewEntry {
  readonly name: string;
  readonly mode?: number;
  readonly content?: Uint8Array;
  /** Target of a symbolic link. */
  readonly link?: string;
  readonly isFolder?: boolean;
}

/** The archive in pieces. Names have at most 100 bytes. */
export function* tarOf(entries: Iterable<NewEntry>): Generator<Uint8Array> {
  for (const entry of entries) {
    const { content } = entry;
    yield headerOf(entry, content?.length ?? 0);
    if (content === undefined || content.length === 0) continue;
    yield content;
    yield padding(content.length);
  }
  yield Buffer.alloc(2 * BLOCK_BYTES);
}

/** The same of files whose content lies elsewhere; throws where that has another size by now. */
export async function* tarOfStored(
  files: Iterable<{ readonly name: string; readonly content: Content }>,
): AsyncGenerator<Uint8Array> {
  for (const { name, content } of files) {
    yield headerOf({ name }, content.size);
    let written = 0;
    for await (const piece of content.read()) {
      written += piece.length;
      yield piece;
    }
    if (written !== content.size) throw new Error(`${name} has changed while it was written`);
    yield padding(content.size);
  }
  yield Buffer.alloc(2 * BLOCK_BYTES);
}

function padding(size: number): Buffer {
  return Buffer.alloc((BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES);
}

function headerOf({ name, mode = 0o755, link, isFolder }: NewEntry, size: number): Buffer {
  const header = Buffer.alloc(BLOCK_BYTES);
  const octal = (value: number, at: number, length: number): void => {
    header.write(value.toString(8).padStart(length - 1, "0"), at, "latin1");
  };
  if (header.write(name, 0, "utf8") > 100) throw new TarError(`${name} is too long a name`);
  octal(mode, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(0, 136, 12);
  header.fill(0x20, 148, 156);
  header.write(isFolder === true ? "5" : link === undefined ? "0" : "2", 156, "latin1");
  header.write(link ?? "", 157, 100, "utf8");
  header.write("ustar\u000000", 257, "latin1");
  let sum = 0;
  for (const byte of header) sum += byte;
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return header;
}
