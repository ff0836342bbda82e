// Secrets in files of their own: hexadecimal text that nobody but its owner may read.
import { closeSync, constants, fstatSync, fsyncSync, mkdirSync, openSync, readFileSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { type Entropy, systemEntropy } from "./entropy.ts";

/** A key file that cannot be used. Its message never holds any of the file's content. */
export class SecretFileError extends Error {
  override readonly name = "SecretFileError";
  readonly code: "keyMissing" | "keyExposed" | "keyMalformed";

  constructor(code: SecretFileError["code"], message: string) {
    super(message);
    this.code = code;
  }
}

const KEY_BYTES = 32;
const OTHERS = 0o077;
// Far more than any key: a wrong path must not read a whole disk image into memory.
const FILE_BYTES_MAX = 4_096;

/** Reads a key of 32 bytes, or another number; throws `SecretFileError`, also when others than the owner can read the file. */
export function readKey(path: string, options: { readonly bytes?: number } = {}): Uint8Array {
  const text = readSecretFile(path).trim().replace(/^0x/, "");
  const bytes = options.bytes ?? KEY_BYTES;
  if (text.length !== 2 * bytes || !/^[0-9a-fA-F]*$/.test(text)) {
    throw new SecretFileError(
      "keyMalformed",
      `${path} is not a key: it must hold ${2 * bytes} hexadecimal digits and nothing else`,
    );
  }
  return Uint8Array.from(Buffer.from(text, "hex"));
}

/** Writes a new key file with permissions 0600; throws when there is one already, since keys are never overwritten. */
export function writeKey(path: string, key: Uint8Array): void {
  writeSecretFile(path, `${Buffer.from(key).toString("hex")}\n`);
}

/** Reads the key, or makes a random one the first time. */
export function readOrCreateKey(
  path: string,
  options: { readonly bytes?: number; readonly entropy?: Entropy } = {},
): Uint8Array {
  try {
    return readKey(path, options);
  } catch (error) {
    if (!(error instanceof SecretFileError) || error.code !== "keyMissing") throw error;
  }
  const key = (options.entropy ?? systemEntropy).bytes(options.bytes ?? KEY_BYTES);
  writeKey(path, key);
  return key;
}

/** The text of a small file that only its owner may read. */
export function readSecretFile(path: string): string {
  const file = openForReading(path);
  try {
    const stats = fstatSync(file);
    if (!stats.isFile() || stats.size > FILE_BYTES_MAX)
      throw new SecretFileError("keyMalformed", `${path} is not a small regular file`);
    // Windows has no such bits; there the directory's access list has to do.
    if (process.platform !== "win32" && (stats.mode & OTHERS) !== 0) {
      throw new SecretFileError(
        "keyExposed",
        `${path} can be read by others. Treat the key as known to them, or run: chmod 600 ${path}`,
      );
    }
    return readFileSync(file, "utf8");
  } finally {
    closeSync(file);
  }
}

/** Makes a file that only its owner may read, in a directory that only he may enter. */
export function writeSecretFile(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const file = openSync(path, "wx", 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function openForReading(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") {
      throw new SecretFileError("keyMissing", `there is no key file ${path}. Create one, or check the path`);
    }
    throw error;
  }
}
