// What the contracts say happened, as plain data with its place in the chain.
import type { CourtEventBody } from "./court-event.ts";
import type { Address, EscrowId, Hash } from "./ids.ts";

/** Where a log stands. The block hash tells which branch it is on. */
export interface ChainPlace {
  readonly blockNumber: number;
  readonly blockHash: Hash;
  readonly txHash: Hash;
  readonly logIndex: number;
}

/** What a log of the escrow, or of the registry about workers and pledges, says. Money is base units, times are block seconds. */
export type SettlementEventBody =
  | {
      readonly type: "escrowCreated";
      readonly escrowId: EscrowId;
      readonly payer: Address;
      readonly coordinator: Address;
      readonly budget: bigint;
      readonly deadlineSeconds: number;
      /** Protocol fee on payouts, hundredths of a percent. */
      readonly feeBps: number;
    }
  /** A later order, named by `orderId`, added `amount`; the deadline is the escrow's after it. */
  | {
      readonly type: "toppedUp";
      readonly escrowId: EscrowId;
      readonly orderId: EscrowId;
      readonly amount: bigint;
      readonly deadlineSeconds: number;
    }
  /** The worker's whole credit limit over the escrow's life is now `total`. */
  | {
      readonly type: "allotted";
      readonly escrowId: EscrowId;
      readonly worker: Address;
      readonly total: bigint;
      readonly expiresAtSeconds: number;
    }
  /** By `payBatch` or by a voucher: `amount` left the escrow, fee included, and all pay so far is `cumulative`. */
  | {
      readonly type: "paid";
      readonly escrowId: EscrowId;
      readonly worker: Address;
      readonly cumulative: bigint;
      readonly amount: bigint;
    }
  | {
      readonly type: "resultsCommitted";
      readonly escrowId: EscrowId;
      readonly batch: number;
      readonly root: Hash;
      readonly count: number;
      /** Results of all batches so far. */
      readonly completed: number;
      readonly last: boolean;
    }
  /** Part of a worker's allotment went back to the escrow's free part, by the worker or after it expired. */
  | { readonly type: "released"; readonly escrowId: EscrowId; readonly worker: Address; readonly amount: bigint }
  /** Money went back to the payer before the escrow closed. */
  | { readonly type: "refunded"; readonly escrowId: EscrowId; readonly amount: bigint }
  /** The end of an escrow: `refund` went back to the payer now, and the bond to the coordinator. */
  | { readonly type: "escrowClosed"; readonly escrowId: EscrowId; readonly refund: bigint; readonly bond: bigint }
  | {
      readonly type: "registered";
      readonly operator: Address;
      readonly worker: Address;
      readonly peerIdHash: Hash;
      readonly seq: number;
    }
  /** `amount` was added to the operator's pledge to the escrow; `total` counts all that it ever pledged there. */
  | {
      readonly type: "pledged";
      readonly escrowId: EscrowId;
      readonly operator: Address;
      readonly amount: bigint;
      readonly total: bigint;
      /** The pledge lasts until then, or until the escrow is final if that is earlier. */
      readonly releaseAtSeconds: number;
    }
  | {
      readonly type: "pledgeReleased";
      readonly escrowId: EscrowId;
      readonly operator: Address;
      readonly amount: bigint;
    }
  /** The court took a fine out of a pledge. */
  | {
      readonly type: "slashed";
      readonly escrowId: EscrowId;
      readonly operator: Address;
      readonly amount: bigint;
    };

/** What a log says. */
export type ChainEventBody = SettlementEventBody | CourtEventBody;

/** One log of our contracts. */
export type ChainEvent = ChainEventBody & ChainPlace;
/** The name of an event. */
export type ChainEventType = ChainEvent["type"];
