// Bounds of the network that hold in every profile.
import type { ProtocolRule } from "./network.ts";

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;

/** Largest frame of a protocol without a rule of its own. */
export const frameBytesMax = 4 * mebibyte;

/** Streams of one protocol that one connection may have open in one direction. */
export const streamsPerProtocolMax = 32;

/** Rules of protocols whose traffic is known here; `NetworkOptions.protocols` wins. */
export const protocolRules: readonly ProtocolRule[] = [
  // Control frames; results above 64 KiB travel as blobs.
  { name: "/starling/work/1", frameBytesMax: mebibyte, streamsMax: 4 },
];

/** A remote learns that it may send more once it has used so much of a stream's window, an eighth of the smallest one. */
export const windowUpdateBytes = 32 * kibibyte;

/** Frames of one stream that may be on their way between the threads, in each direction. */
export const streamCreditFrames = 64;

/** Bytes of one stream that may be on their way between the threads; a larger frame travels alone. */
export const streamCreditBytes = mebibyte;

/** Frames that may wait in the main thread for credit; a sender that ignores its promises is cut off here. */
export const sendQueueFrames = 4_096;

/** Bytes that may wait in the main thread for credit. */
export const sendQueueBytes = 32 * mebibyte;

/** Gossip messages handed to the main thread and not yet consumed; beyond it they are dropped. */
export const gossipInFlightMax = 1_000;

/** Gossip messages a second that one sender may publish to one topic. */
export const gossipPerSecondMax = 10;

/** Largest gossip RPC: one message is at most 64 KiB, but an answer to IWANT joins many, and an overrun kills the link. */
export const gossipRpcBytesMax = mebibyte;

/** Largest DHT record. */
export const recordBytesMax = 8 * kibibyte;

/** Keys and records that one node may keep in the DHT. */
export const directoryEntriesMax = 256;

/** How long renewing one of them may take. */
export const renewMs = 30_000;

/** How long a stream that we closed may wait for the other side to close too. */
export const streamCloseMs = 10_000;

/** How long a peer that gossiped provable nonsense is refused. */
export const denyMs = 3_600_000;

/** How many refused peers are remembered; the oldest is forgiven first. */
export const deniedPeersMax = 4_096;

/** How many peers the cache file remembers. */
export const cachedPeersMax = 200;

/** Pauses between attempts to reach a peer that must stay connected; each is drawn between half and all of it. */
export const redialMs = { first: 100, max: 30_000, dial: 10_000 } as const;
