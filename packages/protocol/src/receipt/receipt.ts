// The portable receipt of a job: every accepted result with the signatures, commitments and proofs that it stands on.

import { canonicalJson } from "../canonical.ts";
import type { ChainPlace } from "../chain-event.ts";
import { taggedDigest } from "../digest.ts";
import type { Address, EscrowId, Hash, JobId, LeaseId, PeerId, Signature, TaskSpecHash } from "../ids.ts";
import type { JobOrder, JobSpec } from "../job.ts";
import type { Recover, SignDigest } from "../signature.ts";
import type { OpenedTicket } from "../trust/lottery.ts";
import { frameDigest, type SigningDomain } from "../typed-data.ts";
import type { ProgramEnding, Usage } from "../usage.ts";
import type { ArtifactRef, FrameSignature, ItemEvidence } from "../work-message.ts";

/** The format, so that a later one is told apart. */
export const receiptFormat = "starling/receipt/2";

/** Most characters of a sentence for people in a receipt. */
export const receiptSentenceMax = 1_000;

/** A worker that answered, and the proof that its operator owns it. */
export interface ReceiptWorker {
  readonly worker: Address;
  readonly operator: Address;
  readonly peerId: PeerId;
  /** Sequence of the registration that the operator signed. */
  readonly registrationSeq: number;
  readonly operatorSignature: Signature;
}

/**
 * Why an accepted result was run once more: drawn after its commitments; its worker is not known well enough, or has pledged too
 * little, to go unchecked; the first tasks of a job are run twice; or a worker that stands behind it was caught elsewhere.
 */
export const auditCauses = ["lottery", "checked", "canary", "retro"] as const;

export type AuditCause = (typeof auditCauses)[number];

/** How far an output is from the standing one of its task; numbers as the comparator measures them. */
export interface OutputDistance {
  readonly output: string;
  /** L2 norm of the difference over that of the standing output. */
  readonly l2: number;
  /** The largest difference of two numbers. */
  readonly maxAbs: number;
  /** The largest difference over the larger of the two numbers. */
  readonly maxRel: number;
  /** Whether the comparator let it pass: where a pair may differ by an absolute and a relative part, the maxima do not tell. */
  readonly within: boolean;
}

/** A commitment of a closed set. The draw is over worker, attempt and commitment. */
export interface ReceiptCommitment {
  readonly worker: Address;
  readonly attempt: number;
  readonly commitment: Hash;
  /** For a member that never revealed: its signature, so that nobody can be invented to steer the draw. Else null: its answer has it. */
  readonly absent: { readonly leaseId: LeaseId; readonly commitEvidence: ItemEvidence } | null;
}

/** A closed commit set: what all its members were shown before any of them revealed. */
export interface ReceiptSet {
  readonly round: number;
  readonly commitments: readonly ReceiptCommitment[];
}

/** One answer, right or wrong. */
export interface ReceiptAnswer {
  readonly leaseId: LeaseId;
  readonly worker: Address;
  readonly attempt: number;
  readonly role: "replica" | "referee";
  /** Why it was asked for after the result had been accepted; null for all other answers. A claim, but for the lottery. */
  readonly audit: AuditCause | null;
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
  /** What it earned, base units; a claim of the coordinator. */
  readonly paid: bigint;
  /** For another digest than the standing one: how far each output is that differs, as the coordinator measured it. */
  readonly distances: readonly OutputDistance[];
  /**
   * Steps of the run by the fuel schedule of its runtime class; absent where none are counted. A claim of the worker, outside of
   * the digest and its signature, that everybody can check: the same task uses the same fuel on every machine.
   */
  readonly fuel?: number | undefined;
  /** What else the run used. A claim of the worker that nobody can check; left out by coordinators of before. */
  readonly usage?: ReceiptUsage | undefined;
}

/** Fuel stands with the answer itself. */
export type ReceiptUsage = Omit<Usage, "fuel">;

/** An attempt that ended without an answer: all that stands here is what its worker says, and the coordinator repeats. */
export interface ReceiptFailure {
  readonly worker: Address;
  readonly attempt: number;
  readonly kind: "application" | "infrastructure";
  /** A stable word, and a sentence for people. */
  readonly reason: string;
  readonly message: string;
  readonly ending?: ProgramEnding | undefined;
  readonly usage?: Usage | undefined;
}

/** Most failed attempts of a task that a receipt tells: the last ones. */
export const receiptFailuresMax = 16;

/** A task with everything that was answered to it. */
export interface AnsweredTask {
  readonly step: string;
  readonly index: number;
  readonly taskSpec: TaskSpecHash;
  /** All answers, dissenters included, by round and then by worker: the order in which the leaf hashes them. */
  readonly answers: readonly ReceiptAnswer[];
  /** All closed commit sets, by round. */
  readonly sets: readonly ReceiptSet[];
  /** The last attempts that failed, oldest first; left out where there are none, and by coordinators of before. */
  readonly failures?: readonly ReceiptFailure[] | undefined;
}

/** A task of which nothing was accepted, since its answers differ: evidence for whoever has to judge. Nobody was blamed. */
export interface UndecidedTask extends AnsweredTask {
  /** Two camps, of which one may be right; or answers that never agree, which is the program's fault. */
  readonly outcome: "disputed" | "nondeterministic";
  /** A sentence of the coordinator. */
  readonly reason: string;
}

/** One accepted result. */
export interface ReceiptTask extends AnsweredTask {
  /** The attempt whose answer stands: that of the anchored leaf. */
  readonly attempt: number;
  readonly digest: Hash;
  readonly outputs: readonly ArtifactRef[];
  readonly acceptedBy: "agreement" | "referee" | "freshReplicas";
  /** The ticket of the audit lottery with its proof to the order's `lotteryRoot`; null while the result is not settled. */
  readonly ticket: OpenedTicket | null;
  /** Why an audit that was due did not take place; null when none is missing. */
  readonly auditMissed: string | null;
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
  readonly undecided: readonly UndecidedTask[];
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
  const { order, orderSignature, spec, escrowId, tasks, undecided, workers, batches, issuedAt } = body;
  const about = { format, networkId, domain, coordinator, jobId, payer, idempotencyKey, name, labels };
  const root = taggedDigest("receipt", {
    ...about,
    order,
    orderSignature,
    spec,
    escrowId,
    tasks,
    undecided,
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
