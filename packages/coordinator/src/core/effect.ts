// Everything that a coordinator asks of the world. Each may be asked twice after a crash; receivers tolerate that.
import type {
  Address,
  ArtifactRef,
  CommitSetItem,
  EscrowId,
  Hash,
  LeaseItem,
  NumericComparator,
  TaskId,
  TaskOffer,
  TicketItem,
  TicketTerms,
  VerdictItem,
} from "@starling/protocol";
import type { Challenge } from "@starling/protocol/challenge";
import type { IndexerEffect, SenderEffect } from "@starling/settlement";

export type CoordinatorEffect =
  /** Sign and send leases on the worker's stream. */
  | {
      readonly type: "sendLeases";
      readonly worker: Address;
      readonly epoch: number;
      readonly leases: readonly LeaseItem[];
    }
  | {
      readonly type: "sendCommitSets";
      readonly worker: Address;
      readonly epoch: number;
      readonly items: readonly CommitSetItem[];
    }
  | {
      readonly type: "sendVerdicts";
      readonly worker: Address;
      readonly epoch: number;
      readonly items: readonly VerdictItem[];
    }
  /** Sign and send opened tickets of one job. */
  | {
      readonly type: "sendTickets";
      readonly worker: Address;
      readonly epoch: number;
      readonly terms: TicketTerms;
      readonly items: readonly TicketItem[];
    }
  /** Sign and send the cumulative amount that the worker has earned in the escrow. */
  | { readonly type: "sendVoucher"; readonly worker: Address; readonly escrowId: EscrowId; readonly cumulative: bigint }
  /** Ask the worker to pledge its operator's stake to the escrow: `total` in all, base units. */
  | {
      readonly type: "sendPledgeWanted";
      readonly worker: Address;
      readonly escrowId: EscrowId;
      readonly total: bigint;
      readonly releaseBySeconds: number;
      readonly deadlineSeconds: number;
    }
  /** Ask the worker for a product of matrices. */
  | {
      readonly type: "sendChallenge";
      readonly worker: Address;
      readonly challenge: Challenge;
      readonly answerMs: number;
    }
  | {
      readonly type: "sendRevokes";
      readonly worker: Address;
      readonly leases: readonly { readonly leaseId: string; readonly reason: string }[];
    }
  /** Tell a worker why it is not admitted, and close its stream. */
  | {
      readonly type: "refuseWorker";
      readonly worker: Address;
      readonly session: string;
      readonly code: string;
      readonly message: string;
    }
  /** Sign and gossip "there is work"; the shell fills in coordinator, addresses, network. */
  | {
      readonly type: "publishOffer";
      readonly offer: Omit<TaskOffer, "networkId" | "coordinator" | "coordinatorPeerId" | "addresses">;
    }
  /** Sign the root of a result batch (EIP-712 `Frame`, kind "anchor"); answered with `anchorSigned`. */
  | {
      readonly type: "signAnchor";
      readonly escrowId: EscrowId;
      readonly batch: number;
      readonly root: Hash;
      readonly count: number;
      readonly epoch: number;
    }
  /** Measure two answers of a task by the outputs in which they differ; answered with `outputsCompared`, whatever happens. */
  | {
      readonly type: "compareOutputs";
      readonly taskId: TaskId;
      /** Digests of the answer that the other one is measured by, and of that other one. */
      readonly reference: Hash;
      readonly answer: Hash;
      readonly outputs: readonly {
        readonly output: string;
        readonly comparator: NumericComparator;
        readonly reference: ArtifactRef;
        readonly answer: ArtifactRef;
      }[];
    }
  /** Check the answer to a challenge by Freivalds' method, with columns that follow from the key; answered with `challengeChecked`. */
  | {
      readonly type: "checkChallenge";
      readonly subject: Address;
      readonly challenge: Challenge;
      readonly product: Uint8Array;
      /** Eight 32-bit words, drawn after the answer was given. */
      readonly key: readonly number[];
    }
  | { readonly type: "sender"; readonly effect: SenderEffect }
  | { readonly type: "indexer"; readonly effect: IndexerEffect };
