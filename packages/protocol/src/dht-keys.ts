// Keys under which capabilities are provided in the DHT: one for each bucket and shard, so that range questions become look-ups.
import { sha256 } from "./digest.ts";
import type { PeerId } from "./ids.ts";
import { peerIdBytes } from "./peer-id.ts";
import type { RuntimeClass, WorkerRecord } from "./worker-record.ts";

const GIBIBYTE = 1024 ** 3;
/** Powers of two and their halves between: 1, 2, 3, 4, 6, 8, 12, 16, 24, ... GiB, the sizes that cards are sold in. */
const VRAM_GIB = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 80, 96, 128, 192, 256] as const;
/** Drivers report a few per cent less than the card is sold with (24,564 MiB for 24 GiB): that much is forgiven. */
const VRAM_TOLERANCE_PERCENT = 5;
/** Prices are rounded up to a power of two; above 2^40 base units nobody asks. */
const PRICE_BITS_MAX = 40;

/** Where a key lives: its network and how many hexadecimal digits of the peer's hash split it. */
export interface KeySpace {
  readonly networkId: string;
  /** 0 for a small network; deeper as it grows, so that no key has more than about 200 providers. */
  readonly shardDepth: number;
}

/** The shard of a peer: the first digits of the hash of its id. The id itself starts alike for everybody. */
export function shardOf(peerId: PeerId, depth: number): string {
  const bytes = peerIdBytes(peerId) ?? new Uint8Array(0);
  const digest = sha256(bytes);
  let digits = "";
  for (let i = 0; i < depth; i += 1) digits += (((digest[i >> 1] ?? 0) >> (i % 2 === 0 ? 4 : 0)) & 15).toString(16);
  return digits === "" ? "all" : digits;
}

/** All shards of a depth, for whoever looks up. */
export function shardsAt(depth: number): readonly string[] {
  if (depth === 0) return ["all"];
  return Array.from({ length: 16 ** depth }, (_, i) => i.toString(16).padStart(depth, "0"));
}

/** The key of a bucket in a shard. */
export function capabilityKey(space: KeySpace, bucket: string, shard: string): string {
  return `/starling/${space.networkId}/${bucket}/${shard}`;
}

/** The keys under which a worker provides itself. */
export function workerKeys(space: KeySpace, record: WorkerRecord): readonly string[] {
  const shard = shardOf(record.peerId, space.shardDepth);
  return workerBuckets(record).map((bucket) => capabilityKey(space, bucket, shard));
}

/** The keys under which a coordinator provides itself, one for each class that it has work of. */
export function coordinatorKeys(
  space: KeySpace,
  coordinator: { readonly peerId: PeerId; readonly classes: readonly RuntimeClass[] },
): readonly string[] {
  const shard = shardOf(coordinator.peerId, space.shardDepth);
  return coordinator.classes.map((name) => capabilityKey(space, coordinatorBucket(name), shard));
}

/** The bucket of coordinators that have work of a class. */
export function coordinatorBucket(runtimeClass: RuntimeClass): string {
  return `role/coordinator/${runtimeClass}`;
}

/** The buckets that a record falls into: classes, GPU vendors, video memory, architecture, region, price. */
export function workerBuckets(record: WorkerRecord): readonly string[] {
  const buckets = new Set<string>(record.classes.map((offer) => `class/${offer.name}`));
  buckets.add(`arch/${record.resources.arch}`);
  buckets.add(priceBucket(record.pricePerTask));
  if (record.region !== "") buckets.add(`region/${record.region}`);
  for (const accelerator of record.resources.accelerators) {
    buckets.add(`gpu/${accelerator.vendor}`);
    const vram = vramGib(accelerator.vramBytes);
    if (vram !== null) buckets.add(`vram>=${vram}`);
  }
  return [...buckets].sort();
}

/**
 * The buckets to look up for "at least this much video memory": the one that the wish itself falls into and all above. The
 * lowest also holds workers with a little less; their records tell.
 */
export function vramBucketsFrom(vramBytes: number): readonly string[] {
  const lowest = vramGib(vramBytes) ?? 0;
  return VRAM_GIB.filter((gib) => gib >= lowest).map((gib) => `vram>=${gib}`);
}

/**
 * The buckets to look up for "at most this price": every power of two up to the one that the cap itself falls into. The
 * highest also holds workers that ask a little more; their records tell.
 */
export function priceBucketsUpTo(priceCap: bigint): readonly string[] {
  return Array.from({ length: priceBits(priceCap) + 1 }, (_, bits) => `price<=${1n << BigInt(bits)}`);
}

/** The DHT value key of a worker's signed record. */
export function recordKey(peerId: PeerId): string {
  return `/starling-worker/${peerId}`;
}

// Rounded up, so that a worker never stands in a bucket that promises less than it asks.
function priceBucket(price: bigint): string {
  return `price<=${1n << BigInt(priceBits(price))}`;
}

function priceBits(price: bigint): number {
  let bits = 0;
  while (bits < PRICE_BITS_MAX && 1n << BigInt(bits) < price) bits += 1;
  return bits;
}

// Rounded down, so that a bucket never promises more than is there.
function vramGib(vramBytes: number): number | null {
  const fits = VRAM_GIB.filter((gib) => vramBytes * 100 >= gib * GIBIBYTE * (100 - VRAM_TOLERANCE_PERCENT));
  return fits.at(-1) ?? null;
}
