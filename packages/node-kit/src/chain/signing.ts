// secp256k1 by the native library where its prebuilt binary loads (13,000 signatures a second), else in pure JavaScript (1,000).
import { createRequire } from "node:module";
import {
  fromHex,
  type Hash,
  keccak,
  type Recover,
  recoverAddress,
  recoveryBit,
  type Signature,
  signDigest,
  toHex,
} from "@starling/protocol";

/** Which implementation is active; daemons log it, since the two differ by a factor of ten and more. */
export type SigningBackend = "native" | "fallback";

/** Signing and recovery by one implementation. Both give the same bytes (RFC 6979). */
export interface Secp256k1 {
  readonly backend: SigningBackend;
  /** Signs a digest; v is 27 or 28, s is low. */
  sign(secretKey: Uint8Array, digest: Hash): Signature;
  /** The account that signed, or null for a signature that we do not accept. */
  readonly recover: Recover;
}

/** The parts of the native library that are used here. */
interface NativeLibrary {
  ecdsaSign(message: Uint8Array, secretKey: Uint8Array): { readonly signature: Uint8Array; readonly recid: number };
  ecdsaRecover(signature: Uint8Array, recid: number, message: Uint8Array, compressed: boolean): Uint8Array;
}

/** Pure JavaScript. */
export const fallbackSecp256k1: Secp256k1 = { backend: "fallback", sign: signDigest, recover: recoverAddress };

/** The native library, or null where it has no prebuilt binary for this machine. */
export function loadNativeSecp256k1(): Secp256k1 | null {
  try {
    // The package's main file falls back to slow JavaScript in silence; its bindings throw instead.
    const library: NativeLibrary = createRequire(import.meta.url)("secp256k1/bindings.js");
    return nativeSecp256k1(library);
  } catch {
    return null;
  }
}

function nativeSecp256k1(library: NativeLibrary): Secp256k1 {
  const sign = (secretKey: Uint8Array, digest: Hash): Signature => {
    const { signature, recid } = library.ecdsaSign(fromHex(digest), secretKey);
    const bytes = new Uint8Array(65);
    bytes.set(signature, 0);
    bytes[64] = 27 + recid;
    return toHex(bytes);
  };
  const recover: Recover = (digest, signature) => {
    const recovery = recoveryBit(signature);
    if (recovery === null) return null;
    try {
      const key = library.ecdsaRecover(fromHex(signature).subarray(0, 64), recovery, fromHex(digest), false);
      return toHex(keccak(key.subarray(1)).subarray(12));
    } catch {
      // r is not the x of a point, or s is zero: there is no signer.
      return null;
    }
  };
  return { backend: "native", sign, recover };
}

const active = loadNativeSecp256k1() ?? fallbackSecp256k1;

/** Which implementation is active in this process. */
export function signingBackend(): SigningBackend {
  return active.backend;
}

/** Signs a digest with the active implementation. */
export const sign = active.sign;

/** Recovers a signer with the active implementation. */
export const recover: Recover = active.recover;
