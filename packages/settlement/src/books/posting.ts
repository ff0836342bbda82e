// Postings: every movement of money as legs that sum to zero. One function per money fact, so that each is spelled out once.
import { assert } from "@starling/kernel";
import type { Address, EscrowId } from "@starling/protocol";
import { type AccountKind, type AccountName, accountName } from "./account.ts";

/** One side of a movement; positive amounts come in. Base units. */
export interface Leg {
  readonly account: AccountName;
  readonly amount: bigint;
}

/** A movement of money with its reason. */
export interface Posting {
  /** A stable word for what moved. */
  readonly memo: string;
  readonly legs: readonly Leg[];
}

interface Move {
  readonly memo: string;
  readonly escrowId: EscrowId;
  readonly amount: bigint;
  readonly from: AccountKind;
  readonly to: AccountKind;
  readonly fromWorker?: Address;
  readonly toWorker?: Address;
}

function move({ memo, escrowId, amount, from, to, fromWorker, toWorker }: Move): Posting {
  assert(amount >= 0n, `${memo}: a negative amount of ${amount}`);
  const legs = [
    { account: accountName(from, escrowId, fromWorker), amount: -amount },
    { account: accountName(to, escrowId, toWorker), amount },
  ];
  return { memo, legs };
}

/** Money of one worker in one escrow. */
export interface WorkerAmount {
  readonly escrowId: EscrowId;
  readonly worker: Address;
  readonly amount: bigint;
}

/** Money of one escrow. */
export interface EscrowAmount {
  readonly escrowId: EscrowId;
  readonly amount: bigint;
}

/** The payer's money arrived: by opening the escrow or by a top-up. */
export function depositPosting({ escrowId, amount }: EscrowAmount): Posting {
  return move({ memo: "deposit", escrowId, amount, from: "payer", to: "available" });
}

/** The coordinator's bond arrived. */
export function bondPosting({ escrowId, amount }: EscrowAmount): Posting {
  return move({ memo: "bond", escrowId, amount, from: "bonder", to: "bond" });
}

/** The coordinator's bond went back. */
export function bondReturnPosting({ escrowId, amount }: EscrowAmount): Posting {
  return move({ memo: "bondReturn", escrowId, amount, from: "bond", to: "bonder" });
}

/** Money was reserved for a worker; `amount` is what was added. */
export function allotPosting({ escrowId, worker, amount }: WorkerAmount): Posting {
  return move({ memo: "allot", escrowId, amount, from: "available", to: "allotted", toWorker: worker });
}

/** A worker's unused reservation went back: released, or reclaimed after it expired. */
export function releasePosting({ escrowId, worker, amount }: WorkerAmount): Posting {
  return move({ memo: "release", escrowId, amount, from: "allotted", to: "available", fromWorker: worker });
}

/** A worker earned money by an accepted result. */
export function earnPosting({ escrowId, worker, amount }: WorkerAmount): Posting {
  return move({ memo: "earn", escrowId, amount, from: "allotted", to: "owed", fromWorker: worker, toWorker: worker });
}

/** Earned money left the escrow: `amount` in all, of which `fee` went to the protocol. */
export function payPosting({ escrowId, worker, amount, fee }: WorkerAmount & { readonly fee: bigint }): Posting {
  assert(amount >= 0n && fee >= 0n && fee <= amount, `pay: a fee of ${fee} on ${amount}`);
  const legs = [
    { account: accountName("owed", escrowId, worker), amount: -amount },
    { account: accountName("paid", escrowId, worker), amount: amount - fee },
    { account: accountName("fee", escrowId, worker), amount: fee },
  ];
  return { memo: "pay", legs };
}

/** Free money went back to the payer. */
export function refundPosting({ escrowId, amount }: EscrowAmount): Posting {
  return move({ memo: "refund", escrowId, amount, from: "available", to: "refunded" });
}

/** The opposite of a posting: for what a reorg undid. */
export function reversePosting(posting: Posting): Posting {
  const legs = posting.legs.map((leg) => ({ account: leg.account, amount: -leg.amount }));
  return { memo: `undo:${posting.memo}`, legs };
}

/** The protocol's part of a payment, rounded down as the contract does. `feeBps` is hundredths of a percent. */
export function feeOf(amount: bigint, feeBps: number): bigint {
  return (amount * BigInt(feeBps)) / 10_000n;
}
