// What a Starling process may ask of the contracts, as plain data: a core decides on a call, a shell turns it into a transaction.
import type { CourtCall } from "./court-call.ts";
import type { Address, EscrowId, Hash, Signature } from "./ids.ts";
import type { JobOrder, TokenPermit } from "./job.ts";
import type { PledgeOrder } from "./pledge.ts";

/** A credit limit of one worker. `total` is cumulative over the escrow's life, so that a repeated call changes nothing. */
export interface Allotment {
  readonly worker: Address;
  /** Base units, over the escrow's life. */
  readonly total: bigint;
  /** Seconds since the epoch (block time) after which what is unused may be taken back. */
  readonly expiresAtSeconds: number;
}

/** All pay of a worker from an escrow so far, this payment included. Base units. */
export interface CumulativePayment {
  readonly worker: Address;
  readonly cumulative: bigint;
}

/** One call of the escrow, or of the registry about workers and pledges. */
export type SettlementCall =
  /** Opens the escrow of a signed order; the payer's tokens come by permit, or by an allowance when the permit is null. */
  | {
      readonly kind: "createEscrowFor";
      readonly order: JobOrder;
      readonly orderSignature: Signature;
      readonly permit: TokenPermit | null;
    }
  /** Adds the order's budget to an escrow that exists. */
  | {
      readonly kind: "topUpFor";
      readonly escrowId: EscrowId;
      readonly order: JobOrder;
      readonly orderSignature: Signature;
      readonly permit: TokenPermit | null;
    }
  /** Reserves money for workers. */
  | { readonly kind: "allot"; readonly escrowId: EscrowId; readonly allotments: readonly Allotment[] }
  /** Anchors the root of one batch of results. `last` ends the work of the escrow, and may come with a zero root and count 0. */
  | {
      readonly kind: "commit";
      readonly escrowId: EscrowId;
      readonly batch: number;
      readonly root: Hash;
      readonly count: number;
      readonly last: boolean;
    }
  /** The coordinator pays allotted workers. */
  | { readonly kind: "payBatch"; readonly escrowId: EscrowId; readonly payments: readonly CumulativePayment[] }
  /** Anyone cashes a voucher for its worker. */
  | {
      readonly kind: "redeem";
      readonly escrowId: EscrowId;
      readonly worker: Address;
      readonly cumulative: bigint;
      readonly signature: Signature;
    }
  /** A worker gives back what is left of its own allotment. */
  | { readonly kind: "release"; readonly escrowId: EscrowId }
  /** Anyone takes back allotments that have expired; the others are skipped. */
  | { readonly kind: "reclaim"; readonly escrowId: EscrowId; readonly workers: readonly Address[] }
  /** Anyone sends what is not allotted back to the payer, once the work has ended. */
  | { readonly kind: "refund"; readonly escrowId: EscrowId }
  /** Anyone ends an escrow after its windows; the rest goes to the payer. */
  | { readonly kind: "close"; readonly escrowId: EscrowId }
  /** Anyone sends what the escrow contract keeps for an account, since the token had refused a payout, to that account. */
  | { readonly kind: "withdrawEscrowCredit"; readonly account: Address }
  /** Lets the escrow contract collect bonds from the caller: a coordinator that is not the payer posts one per order. */
  | { readonly kind: "approveBonds"; readonly amount: bigint }
  /** The calling worker enters the registry under its operator, whose cold key signed `Registration`, and pays the stake. */
  | {
      readonly kind: "register";
      readonly operator: Address;
      readonly worker: Address;
      readonly peerIdHash: Hash;
      readonly seq: number;
      /** Added to the operator's stake, base units; may be zero. */
      readonly stake: bigint;
      readonly operatorSignature: Signature;
    }
  /** The operator lets a worker pledge so much more of its stake by itself. */
  | { readonly kind: "setPledgeAllowance"; readonly worker: Address; readonly allowance: bigint }
  /** The same by anyone: the operator's cold key signed `PledgeAllowance` and needs no gas. */
  | {
      readonly kind: "setPledgeAllowanceFor";
      readonly worker: Address;
      readonly allowance: bigint;
      readonly seq: number;
      readonly operatorSignature: Signature;
    }
  /** Ties part of an operator's stake to an escrow; by the operator, or its worker within its allowance. */
  | { readonly kind: "pledge"; readonly escrowId: EscrowId; readonly operator: Address; readonly amount: bigint }
  /** The same by anyone, for workers without gas: the operator or its worker signed the order. */
  | { readonly kind: "pledgeFor"; readonly order: PledgeOrder; readonly signature: Signature }
  /** Anyone ends a pledge after the escrow's finality. */
  | { readonly kind: "releasePledge"; readonly escrowId: EscrowId; readonly operator: Address };

/** One call of a contract. Every one is idempotent on chain: a repetition is refused or changes nothing. */
export type ChainCall = SettlementCall | CourtCall;

/** The name of a call. */
export type ChainCallKind = ChainCall["kind"];
