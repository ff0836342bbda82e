// What is gossiped: offers of work by coordinators and announcements of workers. Never one message per task.
import type { GpuNeeds } from "./gpu-needs.ts";
import type { Address, EscrowId, JobId, PeerId, Signature } from "./ids.ts";
import type { RuntimeClass, SignedWorkerRecord } from "./worker-record.ts";

/** What a task needs of a machine. */
export interface Needs {
  readonly cpuCores: number;
  readonly memoryBytes: number;
  readonly diskBytes: number;
  readonly gpu: GpuNeeds | null;
  /** Hosts that it must reach, in their one form, sorted; left out where it has no network. */
  readonly hosts?: readonly string[] | undefined;
}

/** "There is work of this class": a summary that cites a funded escrow. Workers that fit open a stream to the coordinator. */
export interface TaskOffer {
  readonly networkId: string;
  readonly jobId: JobId;
  readonly escrowId: EscrowId;
  readonly coordinator: Address;
  readonly coordinatorPeerId: PeerId;
  readonly addresses: readonly string[];
  readonly runtimeClass: RuntimeClass;
  readonly needs: Needs;
  /** How many replicas wait for a worker. */
  readonly open: number;
  /** Most that is paid for one task, base units. */
  readonly priceCap: bigint;
  readonly sequence: number;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

export interface SignedTaskOffer {
  readonly offer: TaskOffer;
  /** EIP-712 `Offer(offerHash)` by the coordinator's account. */
  readonly signature: Signature;
}

/** A worker joins, changes or leaves. */
export interface WorkerAnnouncement {
  readonly kind: "joined" | "changed" | "left";
  readonly record: SignedWorkerRecord;
}
