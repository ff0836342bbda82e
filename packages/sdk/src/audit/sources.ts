// The three accounts of an escrow's money that an audit compares, each as its own source tells it. Amounts are base units.
import type { Address, EscrowId, Hash, JobId, LeaseId } from "@starling/protocol";

/** The chain, read from a node of it: what its events add up to, and what its accounts hold. */
export interface ChainMoney {
  /** Events up to this block, accounts after it. */
  readonly blockNumber: number;
  readonly payer: Address | null;
  readonly deposited: bigint;
  readonly refunded: bigint;
  readonly isClosed: boolean;
  /** Every worker with an allotment or a payment. */
  readonly workers: ReadonlyMap<Address, ChainWorker>;
  /** Every operator with a pledge. */
  readonly operators: ReadonlyMap<Address, ChainOperator>;
  /** Anchored roots by batch. */
  readonly roots: readonly Hash[];
  /** The escrow's own totals. */
  readonly account: {
    /** Deposits less refunds. */
    readonly budget: bigint;
    readonly allotted: bigint;
    readonly claimed: bigint;
  };
}

/** One worker on chain. */
export interface ChainWorker {
  /** Sum of all payments, fee included. */
  readonly paid: bigint;
  /** What the last payment says was paid in all. */
  readonly cumulative: bigint;
  /** What may be paid in all, from events. */
  readonly allotted: bigint;
  /** The same two as the contract's account has them. */
  readonly account: { readonly allotted: bigint; readonly claimed: bigint };
}

/** One operator's pledge on chain. */
export interface ChainOperator {
  readonly pledged: bigint;
  readonly released: bigint;
  /** Fines that the court took. */
  readonly fined: bigint;
  /** What the registry says is pledged now. */
  readonly account: bigint;
}

/** The coordinator's books, as its API tells them. */
export interface BooksMoney {
  /** The last block that is in them. */
  readonly blockNumber: number;
  readonly payer: Address;
  readonly state: string;
  readonly deposited: bigint;
  readonly refunded: bigint;
  readonly allotted: bigint;
  /** Earned and not yet paid. */
  readonly owed: bigint;
  readonly paid: bigint;
  /** Whether the coordinator itself says that they balance. */
  readonly isBalanced: boolean;
  readonly workers: ReadonlyMap<Address, { readonly earned: bigint; readonly paid: bigint; readonly allotted: bigint }>;
  /** What workers earned, job by job, counted from leases. */
  readonly earnings: readonly Earned[];
  /** What each worker may redeem; null for a voucher that the coordinator did not sign. */
  readonly vouchers: ReadonlyMap<Address, bigint | null>;
  readonly fines: ReadonlyMap<LeaseId, Fine>;
  readonly pledges: ReadonlyMap<Address, bigint>;
  /** Jobs of the escrow, with what the job list says that they cost. */
  readonly jobs: ReadonlyMap<JobId, { readonly spent: bigint; readonly isOver: boolean }>;
}

/** One worker's pay for one job. */
export interface Earned {
  readonly jobId: JobId;
  readonly worker: Address;
  readonly leases: number;
  readonly amount: bigint;
}

/** The fine of one lease. */
export interface Fine {
  readonly operator: Address | null;
  readonly worker: Address;
  readonly amount: bigint;
}

/** One job's receipt, verified without the coordinator. */
export interface ReceiptMoney {
  readonly jobId: JobId;
  /** What does not hold; its amounts count all the same, since the coordinator sealed them or somebody changed them. */
  readonly problems: readonly string[];
  readonly earned: ReadonlyMap<Address, { readonly leases: number; readonly amount: bigint }>;
  /** Accepted answers of replicas that name no pay. */
  readonly unpaid: ReadonlyMap<Address, number>;
  /** The fine that each answer names. */
  readonly fines: ReadonlyMap<LeaseId, Fine>;
  /** Leases whose answer was overruled. */
  readonly overruled: ReadonlySet<LeaseId>;
}

/** A voucher that a worker holds and its coordinator signed. */
export interface HeldVoucher {
  readonly escrowId: EscrowId;
  readonly worker: Address;
  readonly cumulative: bigint;
}

/** All accounts of one escrow. */
export interface EscrowSources {
  readonly escrowId: EscrowId;
  /** Null in a network without a chain; all zeros where the chain has no such escrow. */
  readonly chain: ChainMoney | null;
  /** Null where the coordinator has none. */
  readonly books: BooksMoney | null;
  readonly receipts: readonly ReceiptMoney[];
  /** Vouchers that somebody brought along; none says nothing. */
  readonly held: readonly HeldVoucher[];
}
