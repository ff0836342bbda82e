// The accounts of the double-entry books. A positive balance says how much money is there; the outside world may be negative.
import type { Address, EscrowId } from "@starling/protocol";

/** The name of an account: what it is for, escrow, and owner, separated by slashes. */
export type AccountName = string;

/** What is behind an account name. `payer` and `coordinator` are the world that money comes from. */
export type AccountKind =
  /** What a payer has put into an escrow, as a negative balance. */
  | "payer"
  /** What a coordinator has put in as a bond, as a negative balance. */
  | "bonder"
  /** In the escrow and promised to nobody. */
  | "available"
  /** Reserved for a worker and not earned. */
  | "allotted"
  /** Earned by a worker and not paid. */
  | "owed"
  /** Left the escrow to a worker. */
  | "paid"
  /** Left the escrow as protocol fee on the pay of a worker. */
  | "fee"
  /** Went back to the payer. */
  | "refunded"
  /** The coordinator's bond, inside the contract. */
  | "bond";

/** The name of an account of an escrow; workers' accounts carry the worker. */
export function accountName(kind: AccountKind, escrowId: EscrowId, worker?: Address): AccountName {
  return worker === undefined ? `${kind}/${escrowId}` : `${kind}/${escrowId}/${worker}`;
}

/** Whether the balance of an account may fall below zero: only money's sources may. */
export function mayBeNegative(account: AccountName): boolean {
  return account.startsWith("payer/") || account.startsWith("bonder/");
}
