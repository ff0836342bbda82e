// Operators as the ledger keeps them: what is known of their work here. Names earn nothing; only checks do.
import type { Millis } from "@starling/kernel";
import type { Address, LeaseId, RuntimeClass } from "@starling/protocol";
import type { Reason } from "../fact.ts";

export interface Operator {
  readonly operator: Address;
  /** Answers that agreed with one of another operator, by class, since it was last caught. */
  readonly checksPassed: Map<RuntimeClass, number>;
  /** What it did, by class: it steers where work is placed and nothing else. */
  readonly reputation: Map<RuntimeClass, Reputation>;
  /** How often it was caught. */
  caught: number;
  caughtAt: Millis | null;
}

/** Good and bad outcomes in thousandths, faded. */
export interface Tally {
  readonly good: number;
  readonly bad: number;
}

/** What an operator did in a class. */
export interface Reputation {
  /** Up to when it is faded. */
  readonly at: Millis;
  /** Answers that another operator's confirmed, and those that it was caught with. */
  readonly correct: Tally;
  /** Leases that were answered by their deadline, and those that ran out. */
  readonly onTime: Tally;
  /** Leases that were answered, and those that were lost since the machine left or failed. */
  readonly available: Tally;
}

/** The fine that a caught operator owes an escrow, base units. */
export interface FineDue {
  readonly operator: Address;
  readonly worker: Address;
  readonly leaseId: LeaseId;
  readonly amount: bigint;
  readonly at: Millis;
  /** Null while the court may still take it. */
  outcome: FineOutcome | null;
  /** Two signed answers of one attempt are fined without a jury: the call that does it, and how it went. */
  slash?: { readonly intentId: string; readonly refused: Reason | null; readonly retryAt: Millis | null };
}

/** How a fine ended: the court took so much of the pledge, or nothing will be taken. */
export type FineOutcome =
  | { readonly kind: "collected"; readonly amount: bigint; readonly at: Millis }
  | { readonly kind: "refused"; readonly reason: Reason; readonly at: Millis };

/** The operator's entry, made when it is missing. */
export function operatorIn(operators: Map<Address, Operator>, operator: Address): Operator {
  const known = operators.get(operator);
  if (known !== undefined) return known;
  const made: Operator = { operator, checksPassed: new Map(), reputation: new Map(), caught: 0, caughtAt: null };
  operators.set(operator, made);
  return made;
}
