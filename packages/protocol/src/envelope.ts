// Libp2p's signed envelope (RFC 0002) in pure code: a payload that a peer key vouches for, bound to a domain.
import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";
import { ed25519 } from "@noble/curves/ed25519.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { concat } from "./digest.ts";
import { equalBytes } from "./hex.ts";
import type { PeerId } from "./ids.ts";
import { limits } from "./limits.ts";
import { peerIdOfPublicKey } from "./peer-id.ts";

/** What an envelope holds. */
export interface EnvelopeContent {
  /** The peer whose key signed it. */
  readonly peerId: PeerId;
  readonly payloadType: Uint8Array;
  readonly payload: Uint8Array;
}

/** Opens an envelope of a domain, or null. Daemons bring one that uses native ed25519. */
export type OpenEnvelope = (bytes: Uint8Array, domain: string) => EnvelopeContent | null;

/** Protobuf of a public key up to its 32 bytes: type Ed25519, then the data. */
const KEY_HEADER = Uint8Array.of(0x08, 0x01, 0x12, 0x20);
const FIELD = { publicKey: 1, payloadType: 2, payload: 3, signature: 5 } as const;

/** Opens an envelope in pure JavaScript: malformed, of another kind of key, or not signed by its key is null. */
export const openEnvelope: OpenEnvelope = (bytes, domain) => {
  const fields = bytes.length > limits.recordBytes ? null : readFields(bytes);
  if (fields === null) return null;
  const { publicKey, signature, payloadType, payload } = fields;
  if (
    publicKey.length !== KEY_HEADER.length + 32 ||
    !equalBytes(publicKey.subarray(0, KEY_HEADER.length), KEY_HEADER)
  ) {
    return null;
  }
  const key = publicKey.subarray(KEY_HEADER.length);
  if (!isSignedByKey(signature, signedBytes(domain, payloadType, payload), key)) return null;
  return { peerId: peerIdOfPublicKey(key), payloadType, payload };
};

/** Seals a payload with an ed25519 seed in pure JavaScript. For tests and simulations: daemons seal natively. */
export function sealEnvelope(
  seed: Uint8Array,
  content: { readonly domain: string; readonly payloadType: Uint8Array; readonly payload: Uint8Array },
): Uint8Array {
  const { domain, payloadType, payload } = content;
  const writer = new BinaryWriter();
  writer.uint32((FIELD.publicKey << 3) | 2).bytes(concat(KEY_HEADER, ed25519.getPublicKey(seed)));
  writer.uint32((FIELD.payloadType << 3) | 2).bytes(payloadType);
  writer.uint32((FIELD.payload << 3) | 2).bytes(payload);
  writer.uint32((FIELD.signature << 3) | 2).bytes(ed25519.sign(signedBytes(domain, payloadType, payload), seed));
  return writer.finish();
}

/** The peer id of an ed25519 seed. */
export function peerIdOfSeed(seed: Uint8Array): PeerId {
  return peerIdOfPublicKey(ed25519.getPublicKey(seed));
}

function isSignedByKey(signature: Uint8Array, message: Uint8Array, key: Uint8Array): boolean {
  try {
    return signature.length === 64 && ed25519.verify(signature, message, key);
  } catch {
    // The key is no point on the curve.
    return false;
  }
}

// Each part stands behind its length, so that no two of them can be shifted.
function signedBytes(domain: string, payloadType: Uint8Array, payload: Uint8Array): Uint8Array {
  const writer = new BinaryWriter();
  for (const part of [utf8ToBytes(domain), payloadType, payload]) writer.bytes(part);
  return writer.finish();
}

// Read by hand: the generated decoders would take the last of several equal fields, and an envelope has one form.
function readFields(bytes: Uint8Array): { [Name in keyof typeof FIELD]: Uint8Array } | null {
  const found = new Map<number, Uint8Array>();
  try {
    const reader = new BinaryReader(bytes);
    while (reader.pos < reader.len) {
      const [field, wireType] = reader.tag();
      // Every field stands there once, and is a byte string: one envelope has one form.
      if (wireType !== 2 || found.has(field)) return null;
      found.set(field, reader.bytes());
    }
  } catch {
    // The bytes end early.
    return null;
  }
  const part = (field: number): Uint8Array => found.get(field) ?? new Uint8Array(0);
  return {
    publicKey: part(FIELD.publicKey),
    payloadType: part(FIELD.payloadType),
    payload: part(FIELD.payload),
    signature: part(FIELD.signature),
  };
}
