// Escrows as the ledger keeps them: what the coordinator promised beside what the chain has confirmed.
import type { Millis } from "@starling/kernel";
import type { Address, ChainPlace, EscrowId, FrameSignature, Hash, JobId, LeaseId, TaskId } from "@starling/protocol";
import type { Posting } from "@starling/settlement";
import type { Reason } from "../fact.ts";
import type { FineDue } from "./operator.ts";

export interface Escrow {
  readonly escrowId: EscrowId;
  readonly payer: Address;
  readonly openedAt: Millis;
  /** Jobs that use it and have not ended. */
  readonly openJobs: Map<JobId, true>;
  /** When the last job began or ended. */
  activeAt: Millis;
  /** Cumulative pay for accepted results, base units. */
  readonly owed: Map<Address, bigint>;
  /** The part of `owed` that no allotment covers, since the worker gave it back or let it expire. */
  readonly unbacked: Map<Address, bigint>;
  /** Pay of jobs that have ended, base units. */
  owedByEnded: bigint;
  /** Prices of leases whose outcome is open. */
  readonly inFlight: Map<Address, bigint>;
  /** Fines that count against pledges, by operator: of results that are not settled, and of caught workers. */
  readonly fines: Map<Address, bigint>;
  /** Fines that caught operators owe. */
  readonly finesDue: Map<LeaseId, FineDue>;
  /** Pledges on their way to the chain, by operator. */
  readonly pledging: Map<Address, { readonly total: bigint; readonly intentId: string }>;
  /** Releases of pledges on their way to the chain, by operator. */
  readonly releasing: Map<Address, string>;
  /** A release was refused: the next attempt waits until then. */
  releaseRetryAt: Millis | null;
  /** Fines that stood when their pledge was released or a reorg took it back, by operator: nothing covers them any more. */
  readonly uncovered: Map<Address, bigint>;
  /** Allotments on their way to the chain. */
  readonly allotting: Map<Address, PendingAllotment>;
  /** The newest payment of each worker that was handed to the sender. */
  readonly paying: Map<Address, { readonly cumulative: bigint; readonly intentId: string }>;
  /** Settled tasks that stand in no batch yet, oldest first. */
  unanchored: TaskId[];
  /** How many of them each job has. */
  readonly unanchoredOf: Map<JobId, number>;
  /** Roots over the first of them, in complete runs; all of one size. */
  runs: Run[];
  readonly batches: Batch[];
  /** When the last batch was closed. */
  batchedAt: Millis | null;
  /** The number of the next intent: ids never repeat. */
  nextIntent: number;
  /** Set when the escrow is being ended: no job may use it any more. */
  closing: { readonly at: Millis; readonly reason: Reason } | null;
  /** The last step towards the end that was handed to the sender. */
  exit: { readonly step: "reclaim" | "refund" | "close"; readonly intentId: string } | null;
  /** A transaction was refused: the next attempt waits until then. */
  refused: { readonly reason: Reason; readonly retryAt: Millis } | null;
  readonly chain: EscrowOnChain;
}

/** An allotment on its way to the chain. */
export interface PendingAllotment {
  readonly total: bigint;
  readonly expiresAtSeconds: number;
  readonly intentId: string;
}

/** The confirmed view of the contract. */
export interface EscrowOnChain {
  phase: "none" | "open" | "committed" | "closed";
  /** Deposits less refunds. */
  budget: bigint;
  refunded: bigint;
  deadlineSeconds: number;
  feeBps: number;
  /** No earlier than the block time of the last commit. */
  committedAtSeconds: number | null;
  /** Orders whose money has arrived, by the escrow id that they would create. */
  readonly orders: Map<EscrowId, bigint>;
  readonly allotments: Map<Address, { readonly total: bigint; readonly expiresAtSeconds: number }>;
  readonly paid: Map<Address, bigint>;
  /** Stake that operators pledged to this escrow. */
  readonly pledges: Map<Address, bigint>;
  /** All that each operator ever pledged to it, and until when the pledge lasts at least. */
  readonly pledgeTerms: Map<Address, PledgeTerms>;
  /** What recent events changed, oldest first, for reorgs. */
  readonly undo: UndoEntry[];
}

/** What a pledge is beside its amount. */
export interface PledgeTerms {
  /** Base units; never falls. */
  readonly total: bigint;
  /** It lasts until then, or until the escrow is final if that is earlier. */
  readonly releaseAtSeconds: number;
}

/** The state before an event, to go back to. */
export interface UndoEntry {
  readonly blockNumber: number;
  readonly txHash: Hash;
  readonly logIndex: number;
  readonly postings: readonly Posting[];
  readonly scalars: Pick<
    EscrowOnChain,
    "phase" | "budget" | "refunded" | "deadlineSeconds" | "feeBps" | "committedAtSeconds"
  >;
  /** The operator whose pledge the event changes, with it before. */
  readonly pledge: {
    readonly operator: Address;
    readonly amount: bigint | null;
    readonly terms: PledgeTerms | null;
  } | null;
  /** The worker that the event names, with its figures before. */
  readonly worker: {
    readonly worker: Address;
    readonly allotment: { readonly total: bigint; readonly expiresAtSeconds: number } | null;
    readonly paid: bigint | null;
  } | null;
}

/** A complete run of a batch's leaves, whose subtree was hashed by itself. */
export interface Run {
  readonly root: Hash;
  readonly count: number;
}

/** Accepted results under one anchored root. */
export interface Batch {
  readonly batch: number;
  readonly root: Hash;
  readonly taskIds: readonly TaskId[];
  /** Of the tree's complete runs; none where it is no taller than one. */
  readonly runs: readonly Run[];
  intentId: string;
  readonly last: boolean;
  /** The coordinator's own signature, for receipts. */
  signed: FrameSignature | null;
  /** Where the chain has it, once confirmed. */
  place: ChainPlace | null;
}

/** An escrow that was just named by a job. */
export function newEscrow(escrowId: EscrowId, payer: Address, openedAt: Millis): Escrow {
  return {
    escrowId,
    payer,
    openedAt,
    openJobs: new Map(),
    activeAt: openedAt,
    owed: new Map(),
    unbacked: new Map(),
    owedByEnded: 0n,
    inFlight: new Map(),
    fines: new Map(),
    finesDue: new Map(),
    pledging: new Map(),
    releasing: new Map(),
    releaseRetryAt: null,
    uncovered: new Map(),
    allotting: new Map(),
    paying: new Map(),
    unanchored: [],
    unanchoredOf: new Map(),
    runs: [],
    batches: [],
    batchedAt: null,
    nextIntent: 0,
    closing: null,
    exit: null,
    refused: null,
    chain: {
      phase: "none",
      budget: 0n,
      refunded: 0n,
      deadlineSeconds: 0,
      feeBps: 0,
      committedAtSeconds: null,
      orders: new Map(),
      allotments: new Map(),
      paid: new Map(),
      pledges: new Map(),
      pledgeTerms: new Map(),
      undo: [],
    },
  };
}

/** One result more or less of a job stands in no batch. */
export function countUnanchored({ unanchoredOf }: Escrow, jobId: JobId, change: 1 | -1): void {
  const count = (unanchoredOf.get(jobId) ?? 0) + change;
  if (count === 0) unanchoredOf.delete(jobId);
  else unanchoredOf.set(jobId, count);
}

/** Changes one worker's amount in a map; amounts that become zero leave it. */
export function addAmount<K extends Address | LeaseId>(amounts: Map<K, bigint>, key: K, change: bigint): void {
  const amount = (amounts.get(key) ?? 0n) + change;
  if (amount === 0n) amounts.delete(key);
  else amounts.set(key, amount);
}
