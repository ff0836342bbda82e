// A job's lottery secret at rest: XChaCha20-Poly1305 under a key of the coordinator, bound to its job.
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { concat } from "../digest.ts";
import { fromHex, isHash, isHex, toHex } from "../hex.ts";
import type { Hash, Hex, JobId } from "../ids.ts";

/** Nonce, ciphertext and tag, as hexadecimal text. */
export type SealedSecret = Hex;

const nonceBytes = 24;

/** Seals a secret for the journal. The nonce is 24 random bytes. */
export function sealSecret(
  key: Hash,
  { jobId, secret, nonce }: { readonly jobId: JobId; readonly secret: Hash; readonly nonce: Uint8Array },
): SealedSecret {
  return toHex(concat(nonce, xchacha20poly1305(fromHex(key), nonce, fromHex(jobId)).encrypt(fromHex(secret))));
}

/** The secret, or null when it was sealed under another key or for another job. */
export function openSecret(key: Hash, jobId: JobId, sealed: SealedSecret): Hash | null {
  if (!isHex(sealed)) return null;
  const bytes = fromHex(sealed);
  if (bytes.length <= nonceBytes) return null;
  try {
    const cipher = xchacha20poly1305(fromHex(key), bytes.subarray(0, nonceBytes), fromHex(jobId));
    const secret = toHex(cipher.decrypt(bytes.subarray(nonceBytes)));
    return isHash(secret) ? secret : null;
  } catch {
    return null; // The tag does not fit: the library throws.
  }
}
