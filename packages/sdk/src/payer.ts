// The payer's account: its key stays in this process, only signatures leave it.
import { type Address, addressOfSecretKey, type SignDigest, signDigest } from "@starling/protocol";
import { readSecretKey } from "./secret-key.ts";

/** Who pays, and how he signs. */
export interface Payer {
  readonly address: Address;
  readonly sign: SignDigest;
}

/** A payer from his 32-byte secret key. */
export function payerOf(secretKey: Uint8Array): Payer {
  return { address: addressOfSecretKey(secretKey), sign: (digest) => signDigest(secretKey, digest) };
}

/** Reads a key file: one line of 0x-prefixed hex, or a keystore, that only its owner may read. */
export async function loadPayer(path: string): Promise<Payer> {
  return payerOf(await readSecretKey(path));
}
