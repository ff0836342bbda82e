// What reaches the sender, what it makes true, and what it asks of the world. The shell signs and sends; the sender decides.
import type { ChainCall, Hash, Hex } from "@starling/protocol";
import type { HeadSeen } from "../head.ts";
import type { GasFees, IntentStatus, TransactionReceipt } from "./intent.ts";

/** Inputs: outcomes of the effects below, new heads, and wake-ups. */
export type SenderInput =
  | HeadSeen
  /** Simulated and signed, not sent. */
  | {
      readonly type: "transactionPrepared";
      readonly intentId: string;
      readonly nonce: number;
      readonly hash: Hash;
      readonly raw: Hex;
      readonly gasLimit: bigint;
      readonly fees: GasFees;
    }
  /** The simulation reverted with `reason`; or, when `transient`, it could not be asked (node down, nothing known). */
  | {
      readonly type: "transactionRefused";
      readonly intentId: string;
      readonly nonce: number;
      readonly reason: string;
      readonly transient: boolean;
    }
  /** A node took the raw transaction, or knew it already. */
  | { readonly type: "transactionAccepted"; readonly hash: Hash }
  /** No node took it. It is sent again at a later head. */
  | { readonly type: "transactionUnsent"; readonly hash: Hash; readonly reason: string }
  | ({ readonly type: "receiptSeen" } & TransactionReceipt)
  | { readonly type: "receiptMissing"; readonly hash: Hash }
  /** The moment of `wakeSender` has come. */
  | { readonly type: "senderWoken" };

/** Facts; the embedding core journals them as its own. */
export type SenderFact =
  | { readonly type: "transactionIntended"; readonly intentId: string; readonly call: ChainCall }
  | {
      readonly type: "transactionSigned";
      readonly intentId: string;
      readonly nonce: number;
      readonly hash: Hash;
      readonly raw: Hex;
      readonly gasLimit: bigint;
      readonly fees: GasFees;
      readonly headNumber: number;
    }
  | { readonly type: "transactionBroadcast"; readonly intentId: string; readonly hash: Hash }
  | { readonly type: "transactionMined"; readonly intentId: string; readonly receipt: TransactionReceipt }
  /** Its block is no longer part of the chain. */
  | { readonly type: "transactionUnmined"; readonly intentId: string }
  /** A transaction that is not ours took its nonce for good. */
  | { readonly type: "transactionDisplaced"; readonly intentId: string; readonly accountNonce: number }
  | { readonly type: "transactionFinal"; readonly intentId: string }
  | { readonly type: "transactionFailed"; readonly intentId: string; readonly reason: string };

/** Effects; each one's outcome comes back as an input, and each may safely be performed twice. */
export type SenderEffect =
  /**
   * Simulate, estimate, sign with exactly this nonce; send nothing. Both fees are at least `feeFloor`. A `gasLimit` that is
   * given is taken as it is, without simulation: the transaction replaces one that may be mined at any moment.
   */
  | {
      readonly type: "prepareTransaction";
      readonly intentId: string;
      readonly call: ChainCall;
      readonly nonce: number;
      readonly feeFloor: GasFees | null;
      readonly gasLimit: bigint | null;
    }
  | { readonly type: "broadcastTransaction"; readonly hash: Hash; readonly raw: Hex }
  | { readonly type: "fetchReceipt"; readonly hash: Hash };

/** A step of an intent that the embedding core may want to mirror, as one turn reports it. */
export interface IntentChange {
  readonly intentId: string;
  readonly status: IntentStatus;
  /** Why it failed; empty otherwise. */
  readonly reason: string;
}
