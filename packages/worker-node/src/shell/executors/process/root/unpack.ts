// From a job's archive to a root file system on disk: all of it is looked at before any of it is written.
import { createWriteStream } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { TarError } from "../../oci/tar.ts";
import { type TarEntry, tarEntries } from "../../oci/tar-reader.ts";
import { inFile, type Stored } from "../../stored.ts";
import { addOwn, diskBytes, RootError, RootNames, writeEntry } from "./tree.ts";

/** What a root may take of an owner's disk, on every machine. */
const ROOT_BYTES_MAX = 2 * 1024 ** 3;

const GZIP_MAGIC = [0x1f, 0x8b];

/** How an archive is unpacked. */
export interface Unpacking {
  /** The archive; it may be gzip. */
  readonly archive: AsyncIterable<Uint8Array>;
  /** A folder of its own, that is there and empty. */
  readonly folder: string;
  /** Called once it is known how much of the disk the root takes, before anything of it is written. */
  readonly makeRoom: (bytes: number) => Promise<void>;
  readonly signal: AbortSignal;
}

/** Where in the folder the root comes to lie. */
export function treeIn(folder: string): string {
  return join(folder, "tree");
}

/** Unpacks; throws `RootError` where every machine would refuse the archive, anything else where this one failed. Tells the bytes of disk. */
export async function unpackRoot({ archive, folder, makeRoom, signal }: Unpacking): Promise<number> {
  const plainPath = join(folder, "plain");
  try {
    const plain = inFile(plainPath, await writePlain(archive, plainPath, signal));
    const bytes = await lookThrough(plain, signal);
    await makeRoom(bytes);
    const tree = treeIn(folder);
    await mkdir(tree, { mode: 0o755 });
    const names = new RootNames();
    for await (const entry of tarEntries(plain.read())) {
      signal.throwIfAborted();
      const content = (): AsyncIterable<Uint8Array> => plain.read(entry.at, entry.at + entry.size);
      for (const one of named(names, entry)) await writeEntry(tree, one, content);
    }
    await addOwn(tree);
    return bytes;
  } catch (error) {
    throw error instanceof TarError ? new RootError(`it is no archive that can be taken: ${error.message}`) : error;
  } finally {
    await rm(plainPath, { force: true });
  }
}

async function lookThrough(plain: Stored, signal: AbortSignal): Promise<number> {
  const names = new RootNames();
  let bytes = 0;
  for await (const entry of tarEntries(plain.read())) {
    signal.throwIfAborted();
    for (const { kind } of named(names, entry)) bytes += diskBytes(kind === "file" ? entry : { size: 0 });
    if (bytes > ROOT_BYTES_MAX) throw new RootError(tooLarge);
  }
  if (bytes === 0) throw new RootError("it is empty");
  return bytes;
}

function named(names: RootNames, entry: TarEntry): ReturnType<RootNames["take"]> {
  return names.take({ ...entry, isExecutable: (entry.mode & 0o111) !== 0 });
}

const tooLarge = `it takes more than ${ROOT_BYTES_MAX} bytes of disk`;

/** Writes the archive without its compression; tells its size. */
async function writePlain(archive: AsyncIterable<Uint8Array>, path: string, signal: AbortSignal): Promise<number> {
  let size = 0;
  const bounded = new Transform({
    transform(piece: Uint8Array, _encoding, done) {
      size += piece.length;
      if (size > ROOT_BYTES_MAX) done(new RootError(tooLarge));
      else done(null, piece);
    },
  });
  const { isGzip, bytes } = await opened(archive);
  const stages = isGzip ? [createGunzip(), bounded] : [bounded];
  const file = createWriteStream(path, { flags: "wx", mode: 0o600 });
  try {
    await pipeline([Readable.from(bytes), ...stages, file], { signal });
  } catch (error) {
    throw isGzipError(error) ? new RootError("it is no whole gzip stream") : error;
  }
  return size;
}

/** The first piece tells what it is. */
async function opened(
  archive: AsyncIterable<Uint8Array>,
): Promise<{ readonly isGzip: boolean; readonly bytes: AsyncIterable<Uint8Array> }> {
  const pieces = archive[Symbol.asyncIterator]();
  const { value, done } = await pieces.next();
  const first = done === true ? new Uint8Array() : value;
  async function* all(): AsyncGenerator<Uint8Array> {
    yield first;
    yield* { [Symbol.asyncIterator]: () => pieces };
  }
  return { isGzip: GZIP_MAGIC.every((byte, i) => first[i] === byte), bytes: all() };
}

function isGzipError(error: unknown): boolean {
  return error instanceof Error && "code" in error && String(error.code).startsWith("Z_");
}
