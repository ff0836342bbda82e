// Stake behind the results of one escrow: what is signed so that anyone may pledge for a worker without gas.
import type { Address, EscrowId, Signature } from "./ids.ts";

/** A pledge to be made: signed by the operator, or by its worker within the allowance that the registry has for it. */
export interface PledgeOrder {
  readonly escrowId: EscrowId;
  readonly operator: Address;
  /** All that the operator will have pledged to the escrow ever, this pledge included, base units: no signature counts twice. */
  readonly total: bigint;
  /** Block time by which the pledge has to end: the contract makes none to an escrow that lasts longer. */
  readonly releaseBySeconds: number;
  /** Block time after which the signature is worth nothing. */
  readonly deadlineSeconds: number;
}

/** A pledge order with the signature that makes it good. */
export interface SignedPledgeOrder {
  readonly order: PledgeOrder;
  readonly signature: Signature;
}

/** How much of its operator's stake a worker may pledge by itself; signed by the operator. */
export interface PledgeAllowance {
  readonly worker: Address;
  /** Base units; `anyPledge` stands for any amount. */
  readonly allowance: bigint;
  /** Rises with each allowance of the worker. */
  readonly seq: number;
}

/** The allowance that the registry never spends. */
export const anyPledge = 2n ** 128n - 1n;
