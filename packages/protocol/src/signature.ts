// Recoverable secp256k1 signatures. Signing is an effect of whoever holds the key; recovery is pure, and the shells bring a faster one.
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { keccak } from "./digest.ts";
import { fromHex, isSignature, toHex } from "./hex.ts";
import type { Address, Hash, Signature } from "./ids.ts";

/** The account that signed a digest, or null when the signature is malformed, malleable (high s) or recovers nothing. */
export type Recover = (digest: Hash, signature: Signature) => Address | null;

/** Signs a 32-byte digest with a key that the signer keeps to itself. */
export type SignDigest = (digest: Hash) => Signature;

/** Half of the curve's order: OpenZeppelin's ECDSA refuses a larger s, so do we, and every signature has one form only. */
const HALF_ORDER = secp256k1.Point.CURVE().n / 2n;

/** Recovery in pure JavaScript, a few hundred a second. */
export const recoverAddress: Recover = (digest, signature) => {
  const recovery = recoveryBit(signature);
  if (recovery === null) return null;
  try {
    const compact = fromHex(signature).subarray(0, 64);
    const recovered = new Uint8Array(65);
    recovered[0] = recovery;
    recovered.set(compact, 1);
    const key = secp256k1.recoverPublicKey(recovered, fromHex(digest), { prehash: false });
    return addressOfPublicKey(key);
  } catch {
    // r is not the x of a point, or s is zero: there is no signer.
    return null;
  }
};

/** Whether `signer` signed the digest. */
export function isSignedBy(signer: Address, claim: { digest: Hash; signature: Signature }, recover: Recover): boolean {
  return recover(claim.digest, claim.signature) === signer;
}

/** The EVM account of a secp256k1 public key, compressed or not. */
export function addressOfPublicKey(publicKey: Uint8Array): Address {
  const point = secp256k1.Point.fromBytes(publicKey).toBytes(false);
  return toHex(keccak(point.subarray(1)).subarray(12));
}

/** The EVM account of a secret key. */
export function addressOfSecretKey(secretKey: Uint8Array): Address {
  return addressOfPublicKey(secp256k1.getPublicKey(secretKey, false));
}

/** Signs a digest deterministically (RFC 6979) in pure JavaScript; v is 27 or 28. For tests and simulations: daemons sign natively. */
export function signDigest(secretKey: Uint8Array, digest: Hash): Signature {
  const recovered = secp256k1.sign(fromHex(digest), secretKey, { prehash: false, format: "recovered" });
  const bytes = new Uint8Array(65);
  bytes.set(recovered.subarray(1), 0);
  bytes[64] = 27 + (recovered[0] ?? 0);
  return toHex(bytes);
}

/** 0 or 1 when the signature has the one form that we accept: v of 27 or 28 and a low s. A faster `Recover` must check it too. */
export function recoveryBit(signature: Signature): 0 | 1 | null {
  if (!isSignature(signature)) return null;
  const s = BigInt(`0x${signature.slice(66, 130)}`);
  if (s > HALF_ORDER) return null;
  const v = signature.slice(130);
  if (v === "1b") return 0;
  return v === "1c" ? 1 : null;
}
