// Peer ids as bytes: contracts and signatures name the raw multihash, people and libp2p its base58 text.
import { assert } from "@starling/kernel";
import { concat, keccakHex } from "./digest.ts";
import { equalBytes } from "./hex.ts";
import type { Hash, PeerId } from "./ids.ts";

const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const TEXT_MAX = 64;

/** Header of an ed25519 peer id: identity multihash (0x00) of 36 bytes, a protobuf with key type 1 and a 32-byte key. */
const ED25519_HEADER = Uint8Array.of(0x00, 0x24, 0x08, 0x01, 0x12, 0x20);

/** The raw multihash of a peer id's text, or null when it is not base58. */
export function peerIdBytes(peerId: PeerId): Uint8Array | null {
  if (peerId.length === 0 || peerId.length > TEXT_MAX) return null;
  let value = 0n;
  for (const char of peerId) {
    const digit = ALPHABET.indexOf(char);
    if (digit < 0) return null;
    value = value * 58n + BigInt(digit);
  }
  const bytes: number[] = [];
  for (; value > 0n; value >>= 8n) bytes.unshift(Number(value & 0xffn));
  // Base58 writes leading zero bytes as ones; the number alone would lose them.
  const zeros = leading(peerId, "1");
  return Uint8Array.from([...new Array<number>(zeros).fill(0), ...bytes]);
}

/** The text of a raw multihash. */
export function peerIdText(bytes: Uint8Array): PeerId {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  let text = "";
  for (; value > 0n; value /= 58n) text = (ALPHABET[Number(value % 58n)] ?? "") + text;
  let zeros = 0;
  while (zeros < bytes.length && bytes[zeros] === 0) zeros += 1;
  return "1".repeat(zeros) + text;
}

/** The peer id of an ed25519 public key. */
export function peerIdOfPublicKey(publicKey: Uint8Array): PeerId {
  assert(publicKey.length === 32, "an ed25519 public key has 32 bytes");
  return peerIdText(concat(ED25519_HEADER, publicKey));
}

/** The ed25519 public key inside a peer id, or null when the id is of another kind. */
export function publicKeyOfPeerId(peerId: PeerId): Uint8Array | null {
  const bytes = peerIdBytes(peerId);
  if (bytes === null || bytes.length !== ED25519_HEADER.length + 32) return null;
  return equalBytes(bytes.subarray(0, ED25519_HEADER.length), ED25519_HEADER)
    ? bytes.subarray(ED25519_HEADER.length)
    : null;
}

/** keccak-256 of the raw multihash, as the registry stores it; null when the text is not a peer id. */
export function peerIdHash(peerId: PeerId): Hash | null {
  const bytes = peerIdBytes(peerId);
  return bytes === null ? null : keccakHex(bytes);
}

function leading(text: string, char: string): number {
  let count = 0;
  while (text[count] === char) count += 1;
  return count;
}
