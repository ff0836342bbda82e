// The court's money in miniature: bonds that it holds, what a ruling brings to whom, and credits until somebody has them sent.
import type { Address, ChainEventBody } from "@starling/protocol";
import { coordinatorAddress } from "./records.ts";
import { Revert } from "./revert.ts";

/** Gets what belongs to no party. */
const sinkAddress: Address = `0x${"06".repeat(20)}`;
/** What each juror earns, base units. */
const jurorFee = 10_000n;
/** How many are drawn at most. */
export const jurySize = 3;
/** What a challenger posts, base units. */
export const openingBond = 100_000n + BigInt(jurySize) * jurorFee;

/** Who gets what. */
export interface Award {
  readonly outcome: "undecided" | "upheld" | "overturned";
  readonly jurors: readonly Address[];
  /** The operator of whoever signed the contested answer. */
  readonly defendant: Address;
  /** Whose work it was. */
  readonly payer: Address;
  /** What was taken of wrong answers, base units. */
  readonly fines: bigint;
}

/** Shares a bond and the fines of a ruling as the contract does; the challenger is always the coordinator. */
export function award(
  credits: Map<Address, bigint>,
  { outcome, jurors, defendant, payer, fines }: Award,
): ChainEventBody[] {
  const events: ChainEventBody[] = [];
  const credit = (account: Address, amount: bigint): void => {
    if (amount === 0n) return;
    credits.set(account, (credits.get(account) ?? 0n) + amount);
    events.push({ type: "credited", account, amount });
  };
  for (const juror of jurors) credit(juror, jurorFee);
  const fees = BigInt(jurors.length) * jurorFee;
  credit(outcome === "upheld" ? defendant : coordinatorAddress, openingBond - fees);
  let left = fines;
  if (outcome === "overturned") {
    const repaid = fees < left ? fees : left;
    credit(coordinatorAddress, repaid);
    left -= repaid;
  }
  const [found, repaid] = [left / 4n, left / 2n];
  credit(outcome === "overturned" ? coordinatorAddress : sinkAddress, found);
  credit(payer, repaid);
  credit(sinkAddress, left - found - repaid);
  return events;
}

/** Sends a credit to its account; throws `Revert` where nothing waits. */
export function withdrawCredit(
  { credits, balances }: { readonly credits: Map<Address, bigint>; readonly balances: Map<Address, bigint> },
  account: Address,
): ChainEventBody[] {
  const amount = credits.get(account) ?? 0n;
  if (amount === 0n) throw new Revert("CourtNothingDue");
  credits.delete(account);
  balances.set(account, (balances.get(account) ?? 0n) + amount);
  return [{ type: "creditWithdrawn", account, amount }];
}
