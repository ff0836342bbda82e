// Libp2p's signed envelope (RFC 0002): a payload that a peer key vouches for, bound to a domain so that it fits nowhere else.
import { type PeerId, peerIdOfPublicKey } from "@starling/protocol";
import { isSignedByPeer, peerPublicKey, signAsPeer } from "./peer-key.ts";

/** What an envelope holds. */
export interface EnvelopeContent {
  /** The peer whose key signed it. */
  readonly peerId: PeerId;
  readonly payloadType: Uint8Array;
  readonly payload: Uint8Array;
}

/** Largest envelope that is opened: a record and its signature. */
const envelopeBytesMax = 64 * 1_024;

/** Protobuf of a public key up to its 32 bytes: type Ed25519, then the data. */
const publicKeyHeader = Buffer.from("08011220", "hex");

/** Field numbers of the envelope's protobuf. */
const field = { publicKey: 1, payloadType: 2, payload: 3, signature: 5 } as const;

const bytesWireType = 2;

/** Signs a payload with a node's key. */
export function sealEnvelope(
  privateKey: Uint8Array,
  content: { readonly domain: string; readonly payloadType: Uint8Array; readonly payload: Uint8Array },
): Uint8Array {
  const signature = signAsPeer(privateKey, signedBytes(content.domain, content.payloadType, content.payload));
  return new Uint8Array(
    Buffer.concat([
      ...bytesField(field.publicKey, Buffer.concat([publicKeyHeader, peerPublicKey(privateKey)])),
      ...bytesField(field.payloadType, content.payloadType),
      ...bytesField(field.payload, content.payload),
      ...bytesField(field.signature, signature),
    ]),
  );
}

/** Opens an envelope of the domain; null when it is malformed, too large, of another kind of key, or not signed by its key. */
export function openEnvelope(bytes: Uint8Array, domain: string): EnvelopeContent | null {
  const fields = bytes.length > envelopeBytesMax ? null : readFields(bytes);
  const key = fields?.get(field.publicKey);
  const signature = fields?.get(field.signature);
  if (key === undefined || signature === undefined) return null;
  const header = publicKeyHeader.length;
  if (key.length !== header + 32 || !publicKeyHeader.equals(key.subarray(0, header))) return null;
  const peerId = peerIdOfPublicKey(key.slice(header));
  const payloadType = fields?.get(field.payloadType) ?? new Uint8Array();
  const payload = fields?.get(field.payload) ?? new Uint8Array();
  return isSignedByPeer(peerId, signedBytes(domain, payloadType, payload), signature)
    ? { peerId, payloadType, payload }
    : null;
}

/** What is signed: domain, type and payload, each behind its length, so that no two of them can be shifted. */
function signedBytes(domain: string, payloadType: Uint8Array, payload: Uint8Array): Uint8Array {
  const parts = [Buffer.from(domain), payloadType, payload];
  return Buffer.concat(parts.flatMap((part) => [varint(part.length), part]));
}

function bytesField(number: number, value: Uint8Array): Uint8Array[] {
  return [varint((number << 3) | bytesWireType), varint(value.length), value];
}

/** An unsigned number in groups of seven bits, lowest first. */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return Uint8Array.from([...bytes, rest]);
}

/** The fields of a protobuf that has only byte fields; null when it has others, or ends early. */
function readFields(bytes: Uint8Array): Map<number, Uint8Array> | null {
  const fields = new Map<number, Uint8Array>();
  let at = 0;
  const number = (): number => {
    let value = 0;
    // Three groups reach beyond the largest envelope.
    for (let shift = 0; shift <= 14; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined) return -1;
      value |= (byte & 0x7f) << shift;
      if (byte <= 0x7f) return value;
    }
    return -1;
  };
  while (at < bytes.length) {
    const tag = number();
    const length = number();
    if (tag < 0 || length < 0 || (tag & 7) !== bytesWireType || at + length > bytes.length) return null;
    fields.set(tag >> 3, bytes.slice(at, at + length));
    at += length;
  }
  return fields;
}
