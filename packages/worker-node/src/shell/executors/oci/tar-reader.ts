// Tar archives read entry by entry as their bytes come, without unpacking anything. What other readers may take differently is refused: an
// archive that is looked through here is unpacked by another program, as root.
import { PieceReader } from "../stored.ts";
import { BLOCK_BYTES, TarError } from "./tar.ts";

/** Bit of a number's first byte that says it is written in binary. */
const BINARY = 0x80;
/** Kinds that other readers take to have no content, whatever size they name: links, folders and pipes. Devices are refused anyway. */
const WITHOUT_CONTENT = "1256";
/** After the end stand zeros, as many as fill the last record of a tape. */
const END_BYTES_MAX = 1_048_576;
/** Extended headers and long names are held in memory; no reader takes larger ones. */
const META_BYTES_MAX = 1_048_576;
/** In all of an archive: they take a worker's time, and half a million files with all that tar writes of them have less. */
const METAS_BYTES_MAX = 128 * 1_048_576;
/** Before one entry: headers for all, for it, and two long names. */
const METAS_MAX = 16;
/** In the extended headers before one entry; attributes of files are among them. */
const RECORDS_MAX = 1_000;
/** A length, a space, one letter, "=" and the end of a line. */
const RECORD_BYTES_MIN = 5;
/** The longest path that Linux takes. */
const NAME_BYTES_MAX = 4_096;

/** One entry; `type` is the letter of its kind, "0" for a file. */
export interface TarEntry {
  readonly name: string;
  readonly type: string;
  readonly link: string;
  /** Where its content begins in the archive. */
  readonly at: number;
  readonly size: number;
  /** Who may read, write and run it, in the bits of `chmod`. */
  readonly mode: number;
  /** Whether it has holes: they take a line in an archive, and whoever unpacks it may fill them. */
  readonly isSparse: boolean;
  /** Of the extended headers before it, in bytes. */
  readonly metaBytes: number;
}

/** Long names and links stand in entries of their own, before the entry that they are for. */
interface Pending {
  name?: string;
  link?: string;
  isExtended?: boolean;
  isSparse: boolean;
  metas: number;
  metaBytes: number;
  records: number;
}

const nothing: Readonly<Pending> = { isSparse: false, metas: 0, metaBytes: 0, records: 0 };

/** All entries in order; throws `TarError`. All bytes are read, unless the caller stops. */
export async function* tarEntries(archive: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry> {
  const reader = new PieceReader(archive);
  try {
    yield* entriesOf(reader);
  } finally {
    await reader.close();
  }
}

async function* entriesOf(reader: PieceReader): AsyncGenerator<TarEntry> {
  let pending: Pending = { ...nothing };
  let metasBytes = 0;
  let at = 0;
  for (;;) {
    const header = await reader.take(BLOCK_BYTES);
    if (header.length === 0) return;
    if (header.length < BLOCK_BYTES) throw new TarError("it is cut off");
    if (header[0] === 0 && header.every((byte) => byte === 0)) {
      await checkEnd(reader);
      return;
    }
    at += BLOCK_BYTES;
    checkHeader(header);
    const type = String.fromCharCode(header[156] || 0x30);
    const isMeta = "xgLK".includes(type);
    const size = numberAt(header, 124, 12);
    const isFolder = nameOf(header).endsWith("/") || pending.name?.endsWith("/") === true;
    if (size > 0 && !isMeta && (WITHOUT_CONTENT.includes(type) || isFolder))
      throw new TarError("an entry that is no file has content");
    if (isMeta) {
      takeMeta(type, await metaContent(reader, size), pending);
      metasBytes += size;
      if (metasBytes > METAS_BYTES_MAX) throw new TarError("its extended headers are too large together");
    } else {
      const { isSparse, metaBytes } = pending;
      const link = pending.link ?? textAt(header, 157, 100);
      const name = clean(pending.name ?? nameOf(header));
      yield {
        name,
        type,
        link,
        at,
        size,
        mode: numberAt(header, 100, 8),
        isSparse: isSparse || type === "S",
        metaBytes,
      };
      pending = { ...nothing };
      if ((await reader.skip(size)) < size) throw new TarError("it is cut off");
    }
    const padding = (BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES;
    await reader.skip(padding);
    at += size + padding;
  }
}

async function metaContent(reader: PieceReader, size: number): Promise<Buffer> {
  if (size > META_BYTES_MAX) throw new TarError("an extended header is too large");
  const content = await reader.take(size);
  if (content.length < size) throw new TarError("it is cut off");
  return content;
}

function checkHeader(header: Buffer): void {
  let sum = 0;
  for (let i = 0; i < BLOCK_BYTES; i += 1) sum += i >= 148 && i < 156 ? 0x20 : (header[i] ?? 0);
  if (sum !== numberAt(header, 148, 8)) throw new TarError("it is no tar archive");
}

async function checkEnd(reader: PieceReader): Promise<void> {
  const rest = await reader.take(END_BYTES_MAX);
  if (rest.length === END_BYTES_MAX || rest.some((byte) => byte !== 0)) throw new TarError("it goes on after its end");
}

function numberAt(header: Buffer, at: number, length: number): number {
  const field = header.subarray(at, at + length);
  if (((field[0] ?? 0) & BINARY) !== 0) {
    const high = field.subarray(1, length - 8);
    const value = length < 9 ? null : field.readBigUInt64BE(length - 8);
    if (field[0] !== BINARY || value === null || high.some((byte) => byte !== 0) || value > Number.MAX_SAFE_INTEGER)
      throw new TarError("an entry is too large");
    return Number(value);
  }
  const [, digits] = /^ *([0-7]*)[ \0]*$/.exec(field.toString("latin1")) ?? [];
  if (digits === undefined) throw new TarError("a number in it is none");
  return digits === "" ? 0 : Number.parseInt(digits, 8);
}

function textAt(header: Buffer, at: number, length: number): string {
  const field = header.subarray(at, at + length);
  const end = field.indexOf(0);
  return field.toString("utf8", 0, end === -1 ? length : end);
}

function nameOf(header: Buffer): string {
  const prefix = textAt(header, 257, 5) === "ustar" && header[262] === 0 ? textAt(header, 345, 155) : "";
  const name = textAt(header, 0, 100);
  return prefix === "" ? name : `${prefix}/${name}`;
}

function clean(name: string): string {
  return name.replace(/^(\.?\/)+/, "").replace(/\/+$/, "");
}

function takeMeta(type: string, content: Buffer, pending: Pending): void {
  pending.metas += 1;
  pending.metaBytes += content.length;
  if (pending.metas > METAS_MAX || pending.metaBytes > META_BYTES_MAX)
    throw new TarError("an entry has too many extended headers");
  if (type === "L" || type === "K") {
    pending[type === "L" ? "name" : "link"] = named(textAt(content, 0, content.length));
    return;
  }
  if (type === "x" && pending.isExtended === true) throw new TarError("an entry has two extended headers");
  if (type === "x") pending.isExtended = true;
  for (let at = 0; at < content.length; ) {
    const space = content.indexOf(0x20, at);
    const length = Number(content.toString("latin1", at, space));
    if (space < 0 || !(length >= RECORD_BYTES_MIN)) throw new TarError("an extended header is malformed");
    pending.records += 1;
    if (pending.records > RECORDS_MAX) throw new TarError("an extended header has too many records");
    const record = content.toString("utf8", space + 1, at + length - 1);
    const [key = ""] = record.split("=", 1);
    const value = record.slice(key.length + 1);
    at += length;
    if (key.startsWith("GNU.sparse")) pending.isSparse = true;
    // Headers for all that follows say nothing of one entry's name or size.
    if (type === "g") continue;
    if (key === "path") pending.name = named(value);
    else if (key === "linkpath") pending.link = named(value);
    else if (key === "size") throw new TarError("an extended header names a size, as only files beyond 8 GiB need");
  }
}

function named(name: string): string {
  if (name.length > NAME_BYTES_MAX) throw new TarError("a name in it is too long");
  return name;
}
