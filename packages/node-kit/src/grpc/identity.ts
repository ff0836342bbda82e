// Who calls: a token from a private file on loopback, or an API key of which only the hash is stored.
import { createHash, timingSafeEqual } from "node:crypto";

/** `local` is whoever can read the daemon's token file; `address` is the account that an API key stands for. */
export type Identity = { readonly kind: "local" } | { readonly kind: "account"; readonly address: string };

/** An API key as it is stored. */
export interface StoredKey {
  /** SHA-256 of the key, lower-case hex. */
  readonly sha256: string;
  /** The EVM account that the key acts for. */
  readonly address: string;
}

/** What is checked on every call. */
export interface Credentials {
  /** Token of the 0600 file beside the daemon's data. */
  readonly token: string;
  readonly keys: readonly StoredKey[];
}

/** Resolves an `authorization` value, or null when nobody is known by it. */
export function identify(authorization: string | undefined, credentials: Credentials): Identity | null {
  const match = /^Bearer ([A-Za-z0-9_-]{16,256})$/.exec(authorization ?? "");
  if (match?.[1] === undefined) return null;
  const hash = sha256(match[1]);
  if (timingSafeEqual(hash, sha256(credentials.token))) return { kind: "local" };
  for (const key of credentials.keys) {
    const stored = Buffer.from(key.sha256, "hex");
    if (stored.length === hash.length && timingSafeEqual(hash, stored))
      return { kind: "account", address: key.address };
  }
  return null;
}

/** Whether the caller may see and change what belongs to this account. */
export function mayActFor(identity: Identity, address: string): boolean {
  return identity.kind === "local" || identity.address === address;
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
