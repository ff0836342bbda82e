// File operations that must not be done by halves.
import { type FileHandle, open, rm } from "node:fs/promises";

/** Writes all bytes: a single call may write fewer. */
export async function writeAt(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const { bytesWritten } = await file.write(bytes, written, bytes.length - written, position + written);
    written += bytesWritten;
  }
}

/** Makes a file for the time of the call; the call may move it away. */
export async function withTemporaryFile<T>(path: string, use: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path, "wx", 0o600);
  try {
    return await use(file);
  } finally {
    await file.close();
    await rm(path, { force: true });
  }
}

/** Makes the names of new files durable. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
