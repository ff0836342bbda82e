// What the worker's shell needs of the world, as narrow interfaces.
import type { Address, Cid, EscrowId, TaskOffer } from "@starling/protocol";
import type { WorkerInput } from "../core/index.ts";

/** What the chain says of an escrow and of this worker in it, at confirmed depth. */
export interface ConfirmedAllotment {
  /** Nobody else may lease against the escrow. */
  readonly coordinator: Address;
  readonly payer: Address;
  /** 0 where the escrow has no account for this worker. */
  readonly allotted: bigint;
  readonly claimed: bigint;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** What the chain says of an escrow and of the operator's stake, at confirmed depth. Base units and block seconds. */
export interface ConfirmedPledge {
  readonly coordinator: Address;
  readonly open: boolean;
  readonly finalAtSeconds: number;
  /** To this worker. */
  readonly allotted: bigint;
  readonly stake: bigint;
  /** Of the stake, in all escrows. */
  readonly pledged: bigint;
  readonly leaving: boolean;
  /** Ever pledged to this escrow. */
  readonly total: bigint;
  /** What of it stands. */
  readonly standing: bigint;
  /** When that ends. */
  readonly endsAtSeconds: number;
  /** Those of the other escrows that are final. */
  readonly over: readonly EscrowId[];
  /** What this worker may still pledge by itself. */
  readonly allowance: bigint;
}

/** What the head says of vouchers' escrows: the core's input without its type. */
export type SeenClaims = Omit<Extract<WorkerInput, { readonly type: "claimsSeen" }>, "type">;

/** What contracts keep for accounts: the core's input without its type. */
export type SeenCredits = Omit<Extract<WorkerInput, { readonly type: "creditsSeen" }>, "type">;

/** What the court says: the core's input without its type. */
export type SeenJuries = Omit<Extract<WorkerInput, { readonly type: "juriesSeen" }>, "type">;

/** The confirmed view of the chain, as far as a worker looks at it. */
export interface WorkerChain {
  /** This worker's allotment in an escrow; null when there is no such escrow. */
  allotment(escrowId: EscrowId, signal: AbortSignal): Promise<ConfirmedAllotment | null>;
  /** What this worker could pledge to an escrow; null when there is no such escrow, or the registry does not know the worker. */
  pledge(escrowId: EscrowId, others: readonly EscrowId[], signal: AbortSignal): Promise<ConfirmedPledge | null>;
  /** What this worker's vouchers of some escrows would bring at the head, and its gas. */
  claims(escrowIds: readonly EscrowId[], signal: AbortSignal): Promise<SeenClaims>;
  /** What contracts keep for accounts as confirmed, and this worker's gas. */
  credits(accounts: readonly Address[], signal: AbortSignal): Promise<SeenCredits>;
  /** The juries at the head that name this worker, drawn after a block, or as far back as duties last. */
  juries(afterBlock: number | null, signal: AbortSignal): Promise<SeenJuries>;
  /** Why the escrow that an offer cites does not stand for its work, or null when it is funded. */
  refusalOf(offer: TaskOffer, signal: AbortSignal): Promise<string | null>;
}

/** Gets and gives artifacts from and to one coordinator. Waits for its link while there is none. */
export interface BlobPeer {
  fetch(cid: Cid, size: number, signal: AbortSignal): Promise<void>;
  push(cid: Cid, signal: AbortSignal): Promise<void>;
}
