// Key files as people keep them: one line of hexadecimal text, or a keystore that a passphrase opens.
import { readFile, stat } from "node:fs/promises";
import { addressOfSecretKey, fromHex, isHash, looksLikeKeystore, openKeystore } from "@starling/protocol";
import { StarlingError } from "./call-error.ts";
import { askPassphrase } from "./passphrase.ts";

/** Far more than any keystore. */
const fileBytesMax = 16_384;

/** Reads the 32 bytes of a key file that only its owner may read; throws `StarlingError` that says what is wrong. */
export async function readSecretKey(path: string): Promise<Uint8Array> {
  const info = await stat(path).catch(() => null);
  if (info === null) {
    throw new StarlingError(
      "configuration",
      `there is no key file ${path}; \`starling wallet create\` makes one, and so does a devnet (\`starling devnet up\`)`,
    );
  }
  if ((info.mode & 0o077) !== 0)
    throw new StarlingError("configuration", `the key file ${path} can be read by others: run chmod 600 ${path}`);
  if (!info.isFile() || info.size > fileBytesMax)
    throw new StarlingError("configuration", `${path} is not a small regular file`);
  const text = await readFile(path, "utf8");
  if (looksLikeKeystore(text)) {
    const opened = openKeystore(text, await askPassphrase(path));
    if (!opened.ok) throw new StarlingError("configuration", `the key file ${path} ${opened.problem}`);
    return usable(opened.secretKey, path);
  }
  const line = text.trim().toLowerCase();
  if (!isHash(line))
    throw new StarlingError(
      "configuration",
      `the key file ${path} must hold a keystore, or one line: 0x and 64 hexadecimal digits`,
    );
  return usable(fromHex(line), path);
}

// Zero and numbers beyond the curve's order are no keys.
function usable(secretKey: Uint8Array, path: string): Uint8Array {
  try {
    addressOfSecretKey(secretKey);
  } catch (cause) {
    throw new StarlingError("configuration", `the key file ${path} holds a number that is no key`, { cause });
  }
  return secretKey;
}
