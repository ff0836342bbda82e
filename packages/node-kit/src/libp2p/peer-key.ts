// A node's libp2p key (Ed25519) with node:crypto alone: its peer id and its signatures, without loading libp2p.
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { type PeerId, peerIdOfPublicKey, publicKeyOfPeerId } from "@starling/protocol";

/** DER that precedes the 32 bytes of a private key (PKCS #8) and of a public key (SPKI). */
const privateKeyHeader = Buffer.from("302e020100300506032b657004220420", "hex");
const publicKeyHeader = Buffer.from("302a300506032b6570032100", "hex");

/** Protobuf that precedes libp2p's 64 bytes of a private key: type Ed25519, then the data. */
const protobufHeader = Buffer.from("08011240", "hex");

const keyBytes = 32;

/**
 * The 32-byte seed inside a key in any of the three forms that `NetworkOptions.privateKey` takes.
 * Throws RangeError for anything else.
 */
export function peerKeySeed(privateKey: Uint8Array): Uint8Array {
  const { length } = privateKey;
  if (length === keyBytes || length === 2 * keyBytes) return privateKey.slice(0, keyBytes);
  const start = protobufHeader.length;
  if (length === start + 2 * keyBytes && protobufHeader.equals(privateKey.subarray(0, start))) {
    return privateKey.slice(start, start + keyBytes);
  }
  throw new RangeError(`an Ed25519 key does not have ${length} bytes`);
}

/** The 32-byte public key of a private key. */
export function peerPublicKey(privateKey: Uint8Array): Uint8Array {
  const spki = createPublicKey(signingKey(privateKey)).export({ type: "spki", format: "der" });
  return new Uint8Array(spki.subarray(publicKeyHeader.length));
}

/** The peer id of a private key, as the network shows it. */
export function peerIdOfKey(privateKey: Uint8Array): PeerId {
  return peerIdOfPublicKey(peerPublicKey(privateKey));
}

/** Signs bytes with a node's key: 64 bytes. */
export function signAsPeer(privateKey: Uint8Array, message: Uint8Array): Uint8Array {
  return new Uint8Array(sign(null, message, signingKey(privateKey)));
}

/** Whether the peer signed the bytes; false also for a peer id that is not an Ed25519 key. */
export function isSignedByPeer(peerId: PeerId, message: Uint8Array, signature: Uint8Array): boolean {
  const publicKey = publicKeyOfPeerId(peerId);
  if (publicKey === null) return false;
  const key = createPublicKey({ key: Buffer.concat([publicKeyHeader, publicKey]), type: "spki", format: "der" });
  return verify(null, message, key, signature);
}

function signingKey(privateKey: Uint8Array): KeyObject {
  const key = Buffer.concat([privateKeyHeader, peerKeySeed(privateKey)]);
  return createPrivateKey({ key, type: "pkcs8", format: "der" });
}
