// Disputes as the ledger keeps them: who is accused, the step that is on its way, and what the chain has confirmed of the court.
import type { Millis } from "@starling/kernel";
import type { Address, DisputeOutcome, EscrowId, Hash, LeaseId, TaskId, TaskSpecHash } from "@starling/protocol";
import type { Reason } from "../fact.ts";

/** The court's question about one task of one escrow. */
export interface Dispute {
  readonly disputeId: Hash;
  readonly escrowId: EscrowId;
  readonly taskSpec: TaskSpecHash;
  /** Null where somebody else opened it about a task that is not known here. */
  taskId: TaskId | null;
  readonly since: Millis;
  /** Leases whose fines are wanted, oldest first: the first one's answer is what is disputed. */
  readonly accused: Map<LeaseId, Accusation>;
  /** The last step that was handed to the sender. */
  step: { readonly what: "open" | "draw" | "resolve"; readonly intentId: string } | null;
  /** Why the last step was refused; the next one waits until then. */
  refused: { readonly reason: Reason; readonly retryAt: Millis } | null;
  /** Nothing more can come of it: every fine has its outcome. */
  isOver: boolean;
  chain: DisputeOnChain;
  /** The confirmed view before each recent event, oldest first, for reorgs. */
  readonly undo: { readonly txHash: Hash; readonly logIndex: number; readonly before: DisputeOnChain }[];
}

/** A lease whose fine is wanted. */
export interface Accusation {
  readonly leaseId: LeaseId;
  /** The call that holds its signer to the answer, where the opening itself does not. */
  intentId: string | null;
  /** Why that call was refused, mostly since the opening was not mined yet. */
  refused: Reason | null;
  /** When it is tried again; left out by old snapshots, which do so at once. */
  retryAt?: Millis;
}

/** The confirmed view of a dispute. It is replaced as a whole, so that a reorg can bring the one before back. */
export interface DisputeOnChain {
  readonly challenger: Address | null;
  /** When the jury of this round may be drawn, block seconds; null before the opening. */
  readonly opensAtSeconds: number | null;
  /** 2 after an appeal. */
  readonly round: 1 | 2;
  /** Answers that signers are held to, by worker and attempt. */
  readonly held: readonly string[];
  /** The block whose hash draws the jury. */
  readonly seedBlock: number | null;
  readonly drawnAtSeconds: number | null;
  /** Of all rounds. */
  readonly jurors: readonly Address[];
  readonly ruling: Ruling | null;
  /** What the ruling took, by worker and attempt, base units. */
  readonly taken: readonly { readonly key: string; readonly amount: bigint }[];
}

/** What the court ruled, and in which log it said so. */
interface Ruling {
  readonly outcome: DisputeOutcome;
  /** The right result hash; 32 zero bytes if it is undecided. */
  readonly verdict: Hash;
  readonly txHash: Hash;
  readonly logIndex: number;
}

const unopened: DisputeOnChain = {
  challenger: null,
  opensAtSeconds: null,
  round: 1,
  held: [],
  seedBlock: null,
  drawnAtSeconds: null,
  jurors: [],
  ruling: null,
  taken: [],
};

/** A dispute that nobody has opened yet. */
export function newDispute(
  of: Pick<Dispute, "disputeId" | "escrowId" | "taskSpec" | "taskId">,
  since: Millis,
): Dispute {
  return {
    ...of,
    since,
    accused: new Map(),
    step: null,
    refused: null,
    isOver: false,
    chain: unopened,
    undo: [],
  };
}

/** Under which an answer stands in the confirmed view. */
export function answerKey({ worker, attempt }: { readonly worker: Address; readonly attempt: number }): string {
  return `${worker}/${attempt}`;
}

/** What waits in the court for an account, as confirmed. */
export interface Credit {
  /** Base units. */
  amount: bigint;
  /** How many transactions were intended to send it: ids never repeat. */
  intents: number;
  /** The last of them. */
  intentId: string | null;
  /** It was refused: the next one waits until then. */
  retryAt: Millis | null;
}
