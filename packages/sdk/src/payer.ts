// The payer's account: its key stays in this process, only signatures leave it.
import { readFile, stat } from "node:fs/promises";
import { type Address, addressOfSecretKey, fromHex, isHash, type SignDigest, signDigest } from "@starling/protocol";
import { StarlingError } from "./call-error.ts";

/** Who pays, and how he signs. */
export interface Payer {
  readonly address: Address;
  readonly sign: SignDigest;
}

/** A payer from his 32-byte secret key. */
export function payerOf(secretKey: Uint8Array): Payer {
  return { address: addressOfSecretKey(secretKey), sign: (digest) => signDigest(secretKey, digest) };
}

/** Reads a key file: one line of 0x-prefixed hex that only its owner may read. */
export async function loadPayer(path: string): Promise<Payer> {
  const info = await stat(path).catch(() => null);
  if (info === null) {
    throw new StarlingError(
      "configuration",
      `there is no key file ${path}; a devnet makes one (\`starling devnet up\`), or name yours with --wallet`,
    );
  }
  if ((info.mode & 0o077) !== 0)
    throw new StarlingError("configuration", `the key file ${path} can be read by others: run chmod 600 ${path}`);
  const text = (await readFile(path, "utf8")).trim().toLowerCase();
  if (!isHash(text))
    throw new StarlingError("configuration", `the key file ${path} must hold one line: 0x and 64 hexadecimal digits`);
  return payerOf(fromHex(text));
}
