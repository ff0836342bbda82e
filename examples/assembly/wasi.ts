// The few WASI functions that the examples use, and reading and writing whole files with them.

@external("wasi_snapshot_preview1", "args_sizes_get")
declare function args_sizes_get(count: usize, bytes: usize): u32;
@external("wasi_snapshot_preview1", "args_get")
declare function args_get(pointers: usize, text: usize): u32;
@external("wasi_snapshot_preview1", "path_open")
declare function path_open(
  directory: u32, lookup: u32, path: usize, length: usize, openFlags: u32,
  rights: u64, inheriting: u64, flags: u32, result: usize,
): u32;
@external("wasi_snapshot_preview1", "fd_filestat_get")
declare function fd_filestat_get(descriptor: u32, result: usize): u32;
@external("wasi_snapshot_preview1", "fd_read")
declare function fd_read(descriptor: u32, vectors: usize, count: u32, result: usize): u32;
@external("wasi_snapshot_preview1", "fd_write")
declare function fd_write(descriptor: u32, vectors: usize, count: u32, result: usize): u32;
@external("wasi_snapshot_preview1", "fd_close")
declare function fd_close(descriptor: u32): u32;
@external("wasi_snapshot_preview1", "proc_exit")
declare function proc_exit(code: u32): void;

const STANDARD_ERROR: u32 = 2;
/** The root directory, from which every path below is taken. */
const ROOT: u32 = 3;
const ERRNO_NOT_FOUND: u32 = 44;
const RIGHT_READ: u64 = 1 << 1;
const RIGHT_WRITE: u64 = 1 << 6;
const OPEN_CREATE: u32 = 1;
const OPEN_TRUNCATE: u32 = 8;

/** Room for one vector (8 bytes), one result (8 bytes) and one file status (64 bytes). */
const scratch: usize = memory.data(80, 8);

/** Ends the program with a message and code 2: something is wrong with what it was given. */
export function fail(message: string): void {
  write(STANDARD_ERROR, String.UTF8.encode(message + "\n"));
  proc_exit(2);
}

/** Ends the program with a code. */
export function exit(code: u32): void {
  proc_exit(code);
}

/** AssemblyScript calls this when it gives up, for example on an index out of bounds. */
export function abort(message: string | null, file: string | null, line: u32, column: u32): void {
  fail("abort: " + (message === null ? "?" : message) + " at " + (file === null ? "?" : file) + ":" + line.toString());
  unreachable();
}

/** The program's arguments, without its own name. */
export function args(): string[] {
  args_sizes_get(scratch, scratch + 4);
  const count = load<u32>(scratch);
  const pointers = changetype<usize>(new ArrayBuffer(4 * count));
  const text = changetype<usize>(new ArrayBuffer(load<u32>(scratch + 4)));
  args_get(pointers, text);
  const list: string[] = [];
  for (let i: u32 = 1; i < count; i += 1) {
    list.push(String.UTF8.decodeUnsafe(load<u32>(pointers + 4 * i), 1 << 20, true));
  }
  return list;
}

function open(path: string, openFlags: u32, rights: u64): i32 {
  const text = String.UTF8.encode(path);
  const error = path_open(
    ROOT, 0, changetype<usize>(text), text.byteLength, openFlags, rights, rights, 0, scratch,
  );
  if (error == ERRNO_NOT_FOUND) return -1;
  if (error != 0) fail("can't open /" + path + ": WASI error " + error.toString());
  return load<u32>(scratch);
}

/** A whole file, or null where there is none. Paths are without the first slash. */
export function readFile(path: string): ArrayBuffer | null {
  const descriptor = open(path, 0, RIGHT_READ);
  if (descriptor < 0) return null;
  fd_filestat_get(descriptor, scratch + 16);
  const size = <u32>load<u64>(scratch + 16 + 32);
  const buffer = new ArrayBuffer(size);
  for (let at: u32 = 0; at < size; ) {
    store<u32>(scratch, <u32>changetype<usize>(buffer) + at);
    store<u32>(scratch + 4, size - at);
    const error = fd_read(descriptor, scratch, 1, scratch + 8);
    const got = load<u32>(scratch + 8);
    if (error != 0 || got == 0) fail("can't read /" + path);
    at += got;
  }
  fd_close(descriptor);
  return buffer;
}

/** Writes a whole file, replacing what was there. */
export function writeFile(path: string, content: ArrayBuffer): void {
  const descriptor = open(path, OPEN_CREATE | OPEN_TRUNCATE, RIGHT_WRITE);
  if (descriptor < 0) fail("can't create /" + path);
  write(descriptor, content);
  fd_close(descriptor);
}

/** Opens a file for writing, for as long as the program runs. */
export function openForWriting(path: string): u32 {
  const descriptor = open(path, OPEN_CREATE, RIGHT_WRITE);
  if (descriptor < 0) fail("can't create /" + path);
  return descriptor;
}

/** Writes all bytes at the file's position. */
export function write(descriptor: u32, content: ArrayBuffer): void {
  const size = <u32>content.byteLength;
  for (let at: u32 = 0; at < size; ) {
    store<u32>(scratch, <u32>changetype<usize>(content) + at);
    store<u32>(scratch + 4, size - at);
    if (fd_write(descriptor, scratch, 1, scratch + 8) != 0) {
      if (descriptor != STANDARD_ERROR) fail("can't write");
      return;
    }
    at += load<u32>(scratch + 8);
  }
}
