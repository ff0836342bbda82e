// The portable receipt of a job: every accepted result with the signatures, commitments and proofs that it stands on.

import { canonicalJson } from "../canonical.ts";
import type { ChainPlace } from "../chain-event.ts";
import { taggedDigest } from "../digest.ts";
import type { Address, EscrowId, Hash, JobId, LeaseId, PeerId, Signature, TaskSpecHash } from "../ids.ts";
import type { JobOrder, JobSpec } from "../job.ts";
import type { Recover, SignDigest } from "../signature.ts";
import { frameDigest, type SigningDomain } from "../typed-data.ts";
import type { ArtifactRef, FrameSignature, ItemEvidence } from "../work-message.ts";

/** The format, so that a later one is told apart. */
export const receiptFormat = "starling/receipt/1";

/** A worker that answered, and the proof that its operator owns it. */
export interface ReceiptWorker {
  readonly worker: Address;
  readonly operator: Address;
  readonly peerId: PeerId;
  /** Sequence of the registration that the operator signed. */
  readonly registrationSeq: number;
  readonly operatorSignature: Signature;
}

/** One answer, right or wrong. */
export interface ReceiptAnswer {
  readonly leaseId: LeaseId;
  readonly worker: Address;
  readonly attempt: number;
  readonly role: "replica" | "referee";
  /** Which closed commit set it was part of, from zero. */
  readonly round: number;
  readonly commitment: Hash;
  /** The commitment under the worker's signed frame. */
  readonly commitEvidence: ItemEvidence;
  readonly digest: Hash;
  readonly salt: Hash;
  readonly outputs: readonly ArtifactRef[];
  /** The result under the worker's batch receipt. */
  readonly revealEvidence: ItemEvidence;
  /** The fine that the batch receipt names, base units. */
  readonly fine: bigint;
}

/** One accepted result. */
export interface ReceiptTask {
  readonly step: string;
  readonly index: number;
  readonly taskSpec: TaskSpecHash;
  /** The attempt that stands in the anchored leaf. */
  readonly attempt: number;
  readonly digest: Hash;
  readonly outputs: readonly ArtifactRef[];
  readonly acceptedBy: "agreement" | "referee" | "freshReplicas";
  /** All answers, dissenters included, in the order in which the leaf hashes them. */
  readonly answers: readonly ReceiptAnswer[];
  /** Place in an anchored batch; null while there is none. */
  readonly anchor: { readonly batch: number; readonly index: number; readonly proof: readonly Hash[] } | null;
}

/** One anchored root. */
export interface ReceiptBatch {
  readonly batch: number;
  readonly root: Hash;
  readonly count: number;
  /** The coordinator's signature, a frame of kind "anchor". */
  readonly signed: FrameSignature | null;
  /** Where the chain has it; null while it is not confirmed. */
  readonly place: ChainPlace | null;
}

/** Everything that the seal is over. */
export interface ReceiptBody {
  readonly format: typeof receiptFormat;
  readonly networkId: string;
  readonly domain: SigningDomain;
  readonly coordinator: Address;
  readonly jobId: JobId;
  readonly payer: Address;
  readonly idempotencyKey: string;
  /** For people: nothing follows from these two. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly order: JobOrder;
  readonly orderSignature: Signature;
  readonly spec: JobSpec;
  readonly escrowId: EscrowId;
  readonly tasks: readonly ReceiptTask[];
  readonly workers: readonly ReceiptWorker[];
  readonly batches: readonly ReceiptBatch[];
  /** When it was written, milliseconds since the epoch; a claim of the coordinator. */
  readonly issuedAt: number;
}

/** A receipt as it is handed over. */
export interface Receipt extends ReceiptBody {
  /** The coordinator's signature over everything else, a frame of kind "receipt": no field can be changed unseen. */
  readonly seal: Signature;
}

/** What the seal signs. */
export function receiptDigest(body: ReceiptBody): Hash {
  const { format, networkId, domain, coordinator, jobId, payer, idempotencyKey, name, labels } = body;
  const { order, orderSignature, spec, escrowId, tasks, workers, batches, issuedAt } = body;
  const about = { format, networkId, domain, coordinator, jobId, payer, idempotencyKey, name, labels };
  const root = taggedDigest("receipt", {
    ...about,
    order,
    orderSignature,
    spec,
    escrowId,
    tasks,
    workers,
    batches,
    issuedAt,
  });
  return frameDigest(domain, { kind: "receipt", root, count: tasks.length, epoch: 0, sequence: 0 });
}

/** Seals a receipt with the coordinator's key. */
export function sealReceipt(body: ReceiptBody, sign: SignDigest): Receipt {
  return { ...body, seal: sign(receiptDigest(body)) };
}

/** Whether the coordinator that the receipt names sealed it. */
export function isSealed(receipt: Receipt, recover: Recover): boolean {
  return recover(receiptDigest(receipt), receipt.seal) === receipt.coordinator;
}

/** The receipt as the text of a file. */
export function encodeReceipt(receipt: Receipt): string {
  return canonicalJson(receipt);
}
