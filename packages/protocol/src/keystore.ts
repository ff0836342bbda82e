// A secret key at rest under a passphrase: the Web3 Secret Storage format, version 3, as every wallet of the field reads it.
import { ctr } from "@noble/ciphers/aes.js";
import { pbkdf2 } from "@noble/hashes/pbkdf2.js";
import { scrypt } from "@noble/hashes/scrypt.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { z } from "zod";
import { concat, keccak } from "./digest.ts";
import { fromHex, isHex, toHex } from "./hex.ts";
import { addressOfSecretKey } from "./signature.ts";

/** What makes a keystore unlike any other; all random. */
export interface KeystoreRandom {
  /** 32 bytes. */
  readonly salt: Uint8Array;
  /** 16 bytes. */
  readonly iv: Uint8Array;
  /** 16 bytes. */
  readonly id: Uint8Array;
}

/** The key of a keystore, or a sentence that says why there is none. */
export type OpenedKeystore =
  | { readonly ok: true; readonly secretKey: Uint8Array }
  | { readonly ok: false; readonly problem: string };

/** The usual cost of scrypt (128 MiB, about a second): what a thief pays for each guess. */
const scryptCost = { N: 131_072, r: 8, p: 1 } as const;
/** A file must not make its reader use more memory than this: N x r x 128 bytes. */
const memoryBytesMax = 512 * 1024 * 1024;
/** Bounds the time that a file can cost its reader. */
const roundsMax = 10_000_000;
const derivedBytes = 32;

const hexText = z.string().regex(/^(0x)?([0-9a-fA-F]{2})*$/);
const positive = z.number().int().positive();
const kdf = z.discriminatedUnion("kdf", [
  z.object({
    kdf: z.literal("scrypt"),
    kdfparams: z.object({ dklen: z.literal(derivedBytes), n: positive, r: positive, p: positive, salt: hexText }),
  }),
  z.object({
    kdf: z.literal("pbkdf2"),
    kdfparams: z.object({
      dklen: z.literal(derivedBytes),
      c: positive.max(roundsMax),
      prf: z.literal("hmac-sha256"),
      salt: hexText,
    }),
  }),
]);
const keystoreSchema = z.object({
  version: z.literal(3),
  crypto: z
    .object({
      cipher: z.literal("aes-128-ctr"),
      cipherparams: z.object({ iv: hexText }),
      ciphertext: hexText,
      mac: hexText,
    })
    .and(kdf),
});
type Kdf = z.infer<typeof kdf>;

/** Whether the text may be a keystore at all, so that a raw key is not taken for a broken one. */
export function looksLikeKeystore(text: string): boolean {
  return text.trimStart().startsWith("{");
}

/** The keystore as JSON text. Takes about a second, on purpose. */
export function sealKeystore(secretKey: Uint8Array, passphrase: string, { salt, iv, id }: KeystoreRandom): string {
  const { N, r, p } = scryptCost;
  const derived = scrypt(passphraseBytes(passphrase), salt, { N, r, p, dkLen: derivedBytes });
  const ciphertext = ctr(derived.subarray(0, 16), iv).encrypt(secretKey);
  const keystore = {
    version: 3,
    id: uuidOf(id),
    address: addressOfSecretKey(secretKey).slice(2),
    crypto: {
      cipher: "aes-128-ctr",
      cipherparams: { iv: plainHex(iv) },
      ciphertext: plainHex(ciphertext),
      kdf: "scrypt",
      kdfparams: { dklen: derivedBytes, n: N, r, p, salt: plainHex(salt) },
      mac: plainHex(macOf(derived, ciphertext)),
    },
  };
  return `${JSON.stringify(keystore, null, 2)}\n`;
}

/** Opens a keystore of any wallet of version 3. */
export function openKeystore(text: string, passphrase: string): OpenedKeystore {
  const parsed = keystoreSchema.safeParse(lowerKeys(jsonIn(text)));
  if (!parsed.success) return { ok: false, problem: "is not a keystore of version 3 (scrypt or pbkdf2, aes-128-ctr)" };
  const { crypto } = parsed.data;
  const derived = derive(crypto, passphraseBytes(passphrase));
  if (derived === null) return { ok: false, problem: "asks for more memory than any honest keystore" };
  const ciphertext = bytesOf(crypto.ciphertext);
  const iv = bytesOf(crypto.cipherparams.iv);
  if (ciphertext.length !== 32 || iv.length !== 16) return { ok: false, problem: "does not hold a key of 32 bytes" };
  if (plainHex(macOf(derived, ciphertext)) !== plainHex(bytesOf(crypto.mac)))
    return { ok: false, problem: "is not opened by this passphrase" };
  return { ok: true, secretKey: ctr(derived.subarray(0, 16), iv).decrypt(ciphertext) };
}

function derive(params: Kdf, passphrase: Uint8Array): Uint8Array | null {
  const salt = bytesOf(params.kdfparams.salt);
  if (params.kdf === "pbkdf2") return pbkdf2(sha256, passphrase, salt, { c: params.kdfparams.c, dkLen: derivedBytes });
  const { n: N, r, p } = params.kdfparams;
  if (128 * N * r > memoryBytesMax || p > 16 || (N & (N - 1)) !== 0 || N < 2) return null;
  return scrypt(passphrase, salt, { N, r, p, dkLen: derivedBytes, maxmem: memoryBytesMax + 1024 * 1024 });
}

function macOf(derived: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  return keccak(concat(derived.subarray(16, 32), ciphertext));
}

// Wallets disagree on nothing but accents: ethers composes them, and so do we.
function passphraseBytes(passphrase: string): Uint8Array {
  return utf8ToBytes(passphrase.normalize("NFKC"));
}

function bytesOf(text: string): Uint8Array {
  const hex = `0x${text.replace(/^0x/, "").toLowerCase()}`;
  return isHex(hex) ? fromHex(hex) : new Uint8Array();
}

function plainHex(bytes: Uint8Array): string {
  return toHex(bytes).slice(2);
}

function uuidOf(id: Uint8Array): string {
  const bytes = Uint8Array.from(id);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return plainHex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

// Some wallets write `Crypto`.
function lowerKeys(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key.toLowerCase(), one]));
}
