// Money that a contract keeps for an account until anybody has it sent there: what a ruling brought, or what the token had refused to pay.
import type { Address } from "@starling/protocol";

/** Which contract keeps it. */
export type CreditKeeper = "court" | "escrow";

/** One credit as the confirmed view has it. */
export interface ReadCredit {
  readonly keeper: CreditKeeper;
  /** The worker, or its operator. */
  readonly account: Address;
  /** Base units; 0 where nothing waits. */
  readonly amount: bigint;
}

/** A credit with the confirmed block at which it was read. */
export interface SeenCredit extends ReadCredit {
  readonly readAtBlock: number;
}

/** How a credit is named: one for each contract and account. */
export function creditIdOf({ keeper, account }: Pick<ReadCredit, "keeper" | "account">): string {
  return `${keeper}.${account}`;
}
