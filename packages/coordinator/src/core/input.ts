// Everything that can arrive at a coordinator. Signatures, sizes and formats were checked before an input is made.
import type {
  Address,
  Cid,
  ComparedOutput,
  FrameSignature,
  Hash,
  JobId,
  JobSubmission,
  SignedWorkerRecord,
  TaskId,
  WorkerMessage,
  WorkerRecord,
} from "@starling/protocol";
import type { IndexerInput, SenderInput } from "@starling/settlement";

/** By which way a worker was found. Recorded, since placement must never depend on one source alone. */
export type DiscoverySource = "dial" | "dht" | "gossip" | "offer" | "bootstrap" | "cache" | "registry";

/** A frame from an admitted worker, with its session so that a late frame of an old connection is told apart. */
type FromWorker<T extends WorkerMessage["type"]> = {
  readonly worker: Address;
  readonly session: string;
  readonly message: Extract<WorkerMessage, { type: T }>;
};

export type CoordinatorInput =
  /** Time alone: the engine's one timer went off. */
  | { readonly type: "tick" }
  /** A payer submits; all artifacts are stored, order and permit signatures are checked. Answered with the job id. */
  | { readonly type: "jobSubmitted"; readonly submission: JobSubmission }
  | { readonly type: "jobCancelled"; readonly jobId: JobId; readonly payer: Address }
  /** The payer wants what is left of his escrow back now. */
  | { readonly type: "escrowCloseRequested"; readonly payer: Address }
  /** A worker opened its work stream; record, binding and registration are checked. */
  | {
      readonly type: "workerHello";
      readonly session: string;
      readonly record: WorkerRecord;
      readonly signed: SignedWorkerRecord;
      readonly source: DiscoverySource;
      readonly remoteAddress: string;
      readonly holding: readonly { readonly leaseId: string; readonly attempt: number }[];
    }
  | { readonly type: "workerGone"; readonly worker: Address; readonly session: string; readonly reason: string }
  | ({ readonly type: "workerAsked" } & FromWorker<"ask">)
  | ({ readonly type: "leasesAccepted" } & FromWorker<"accepts">)
  | ({ readonly type: "leasesDeclined" } & FromWorker<"declines">)
  | ({ readonly type: "workerBeat" } & FromWorker<"beat">)
  | ({ readonly type: "commitsReceived" } & FromWorker<"commits">)
  /** `missing` names outputs whose bytes are not in the store (not inline, not pushed). */
  | ({ readonly type: "revealsReceived"; readonly missing: readonly Cid[] } & FromWorker<"reveals">)
  | ({ readonly type: "failuresReceived" } & FromWorker<"failures">)
  /** A pledge that the worker signed; the signature is its own. */
  | ({ readonly type: "pledgeReceived" } & FromWorker<"pledge">)
  /** The worker was away when tickets were opened, or lost them on the way. */
  | ({ readonly type: "ticketsWanted" } & FromWorker<"ticketsWanted">)
  /** The product that a challenge asked for. */
  | ({ readonly type: "challengeAnswered" } & FromWorker<"challengeAnswer">)
  /** Whether the product that a worker answered with is right. */
  | {
      readonly type: "challengeChecked";
      readonly worker: Address;
      readonly seed: Hash;
      readonly isRight: boolean;
    }
  /** What the worker's machine was measured to do, as it says. */
  | ({ readonly type: "machineMeasured" } & FromWorker<"measured">)
  | { readonly type: "workerDrained"; readonly worker: Address }
  /** The coordinator's own signature over a batch of results, for receipts. */
  | {
      readonly type: "anchorSigned";
      readonly escrowId: string;
      readonly batch: number;
      readonly signed: FrameSignature;
    }
  /** Two answers as they were measured. An output that could not be read or measured counts as different. */
  | {
      readonly type: "outputsCompared";
      readonly taskId: TaskId;
      readonly reference: Hash;
      readonly answer: Hash;
      readonly outputs: readonly ComparedOutput[];
    }
  /** The chain, through the settlement machines. */
  | { readonly type: "sender"; readonly input: SenderInput }
  | { readonly type: "indexer"; readonly input: IndexerInput };
