// What a worker says of itself: resources, runtime classes, price, addresses. Signed by its two keys and its operator.
import type { Address, Hash, Hex, PeerId, Signature } from "./ids.ts";

/** Every runtime class that a peer may name, whether or not anything runs it yet. */
export const runtimeClasses = ["wasm", "cpu", "cpu-image", "cpu-root", "gpu", "gpu-tolerant", "opaque"] as const;

/** How results of a class are pinned and compared; see the table of runtime classes in the README. */
export type RuntimeClass = (typeof runtimeClasses)[number];

/** One GPU or other accelerator, as its own tool reports it. */
export interface Accelerator {
  readonly vendor: "nvidia" | "amd" | "intel";
  readonly model: string;
  /** Total memory in bytes. */
  readonly vramBytes: number;
  /** Architecture, for NVIDIA the compute capability as `sm_90`. */
  readonly arch: string;
  readonly driver: string;
  readonly uuid: string;
}

/** What the machine has; advertised in coarse buckets, measured at start. */
export interface WorkerResources {
  readonly arch: "x86_64" | "arm64";
  readonly cpuModel: string;
  readonly cpuCores: number;
  readonly memoryBytes: number;
  readonly diskBytes: number;
  readonly accelerators: readonly Accelerator[];
}

/** A class that the worker can run, proven by the digest of its calibration program. */
export interface ClassOffer {
  readonly name: RuntimeClass;
  /** The engine and its version, for people. */
  readonly engine: string;
  /** Digest of the calibration program's output on this machine. */
  readonly calibration: Hash;
}

/** The record itself. A higher `seq` replaces a lower one. */
export interface WorkerRecord {
  readonly version: 1;
  readonly networkId: string;
  readonly peerId: PeerId;
  /** The hot key that signs results and is paid. */
  readonly worker: Address;
  /** The cold key that owns the stake: the unit of "distinct". */
  readonly operator: Address;
  readonly seq: number;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  readonly resources: WorkerResources;
  readonly classes: readonly ClassOffer[];
  /** How many tasks it runs at once. */
  readonly slots: number;
  /** Asked price of one task in base units. */
  readonly pricePerTask: bigint;
  /** Multiaddresses. */
  readonly addresses: readonly string[];
  readonly region: string;
}

/** A record with all that proves it. */
export interface SignedWorkerRecord {
  readonly record: WorkerRecord;
  /** `PeerBinding(peerId, worker, seq, notAfter)` signed by the worker's EVM key (EIP-712, domain "Starling Identity"). */
  readonly peerBindingSignature: Signature;
  /** `Registration(operator, worker, peerIdHash, seq)` signed by the operator's cold key; the same that the registry took. */
  readonly registration: { readonly seq: number; readonly operatorSignature: Signature };
  /** libp2p signed envelope (RFC 0002) by the peer key over the record's canonical bytes. */
  readonly envelope: Hex;
}
