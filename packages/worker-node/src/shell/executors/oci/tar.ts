// Tar archives, as images and their layers are: read entry by entry without unpacking anything, and written from scratch. What other
// readers may take differently is refused: an archive that is looked through here is unpacked by another program, as root.

const BLOCK_BYTES = 512;
/** Bit of a number's first byte that says it is written in binary. */
const BINARY = 0x80;
/** Kinds that other readers take to have no content, whatever size they name: links, folders and pipes. Devices are refused anyway. */
const WITHOUT_CONTENT = "1256";
/** After the end stand zeros, as many as fill the last record of a tape. */
const END_BYTES_MAX = 1_048_576;

/** One entry; `type` is the letter of its kind, "0" for a file. */
export interface TarEntry {
  readonly name: string;
  readonly type: string;
  readonly link: string;
  readonly content: Uint8Array;
  /** Keys of the extended header before it. */
  readonly extensions: readonly string[];
}

/** Bytes that are no tar archive. */
export class TarError extends Error {
  override readonly name = "TarError";
}

/** Long names and links stand in entries of their own, before the entry that they are for. */
interface Pending {
  name?: string;
  link?: string;
  isExtended?: boolean;
  keys: string[];
}

/** All entries in order; throws `TarError`. */
export function* tarEntries(archive: Uint8Array): Generator<TarEntry> {
  const bytes = Buffer.from(archive.buffer, archive.byteOffset, archive.byteLength);
  let pending: Pending = { keys: [] };
  for (let at = 0; at < bytes.length; ) {
    if (at + BLOCK_BYTES > bytes.length) throw new TarError("it is cut off");
    const header = bytes.subarray(at, at + BLOCK_BYTES);
    if (header[0] === 0 && header.every((byte) => byte === 0)) {
      checkEnd(bytes.subarray(at));
      return;
    }
    checkHeader(header);
    const type = String.fromCharCode(header[156] || 0x30);
    const isMeta = "xgLK".includes(type);
    const size = numberAt(header, 124, 12);
    const from = at + BLOCK_BYTES;
    if (from + size > bytes.length) throw new TarError("it is cut off");
    const isFolder = nameOf(header).endsWith("/") || pending.name?.endsWith("/") === true;
    if (size > 0 && !isMeta && (WITHOUT_CONTENT.includes(type) || isFolder))
      throw new TarError("an entry that is no file has content");
    const content = bytes.subarray(from, from + size);
    at = from + Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES;
    if (isMeta) {
      takeMeta(type, content, pending);
      continue;
    }
    const link = pending.link ?? textAt(header, 157, 100);
    yield { name: clean(pending.name ?? nameOf(header)), type, link, content, extensions: pending.keys };
    pending = { keys: [] };
  }
}

function checkHeader(header: Buffer): void {
  let sum = 0;
  for (let i = 0; i < BLOCK_BYTES; i += 1) sum += i >= 148 && i < 156 ? 0x20 : (header[i] ?? 0);
  if (sum !== numberAt(header, 148, 8)) throw new TarError("it is no tar archive");
}

function checkEnd(rest: Buffer): void {
  if (rest.length > END_BYTES_MAX || rest.some((byte) => byte !== 0)) throw new TarError("it goes on after its end");
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
  if (type === "L" || type === "K") {
    pending[type === "L" ? "name" : "link"] = textAt(content, 0, content.length);
    return;
  }
  if (type === "x" && pending.isExtended === true) throw new TarError("an entry has two extended headers");
  if (type === "x") pending.isExtended = true;
  for (let at = 0; at < content.length; ) {
    const space = content.indexOf(0x20, at);
    const length = Number(content.toString("latin1", at, space));
    if (space < 0 || !(length > 0)) throw new TarError("an extended header is malformed");
    const record = content.toString("utf8", space + 1, at + length - 1);
    const [key = ""] = record.split("=", 1);
    const value = record.slice(key.length + 1);
    at += length;
    pending.keys.push(key);
    // Headers for all that follows say nothing of one entry's name or size.
    if (type === "g") continue;
    if (key === "path") pending.name = value;
    else if (key === "linkpath") pending.link = value;
    else if (key === "size") throw new TarError("an extended header names a size, as only files beyond 8 GiB need");
  }
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
    yield headerOf(entry);
    const { content } = entry;
    if (content === undefined || content.length === 0) continue;
    yield content;
    yield Buffer.alloc((BLOCK_BYTES - (content.length % BLOCK_BYTES)) % BLOCK_BYTES);
  }
  yield Buffer.alloc(2 * BLOCK_BYTES);
}

function headerOf({ name, mode = 0o755, content, link, isFolder }: NewEntry): Buffer {
  const header = Buffer.alloc(BLOCK_BYTES);
  const octal = (value: number, at: number, length: number): void => {
    header.write(value.toString(8).padStart(length - 1, "0"), at, "latin1");
  };
  if (header.write(name, 0, "utf8") > 100) throw new TarError(`${name} is too long a name`);
  octal(mode, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(content?.length ?? 0, 124, 12);
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
