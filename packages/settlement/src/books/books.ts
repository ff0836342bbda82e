// The books: balances by account, changed by postings alone, whose sum is zero after every turn.
import { assert } from "@starling/kernel";
import type { Address, EscrowId } from "@starling/protocol";
import { type AccountKind, type AccountName, accountName, mayBeNegative } from "./account.ts";
import { type Posting, refundPosting, releasePosting } from "./posting.ts";

/** The durable part: balances in base units; an account without an entry has zero. */
export interface BooksLedger {
  readonly balances: Map<AccountName, bigint>;
}

/** The one fact of the books; the embedding core journals it as its own. */
export interface BooksFact {
  readonly type: "posted";
  readonly posting: Posting;
}

/** Books without money. */
export function emptyBooks(): BooksLedger {
  return { balances: new Map() };
}

/** Applies a fact in place. Asserts that the legs sum to zero. */
export function evolveBooks(books: BooksLedger, fact: BooksFact): void {
  const sum = fact.posting.legs.reduce((total, leg) => total + leg.amount, 0n);
  assert(sum === 0n, `the legs of ${fact.posting.memo} sum to ${sum}`);
  for (const { account, amount } of fact.posting.legs) {
    const balance = (books.balances.get(account) ?? 0n) + amount;
    if (balance === 0n) books.balances.delete(account);
    else books.balances.set(account, balance);
  }
}

/** The balance of an account of an escrow, base units. */
export function balanceOf(
  books: BooksLedger,
  kind: AccountKind,
  of: { readonly escrowId: EscrowId; readonly worker?: Address },
): bigint {
  return books.balances.get(accountName(kind, of.escrowId, of.worker)) ?? 0n;
}

/** A worker's money in an escrow. Together the three are what the chain calls its allotment. */
export interface WorkerBalance {
  readonly allotted: bigint;
  readonly owed: bigint;
  /** What left the escrow for it, fee included: the chain's cumulative payment. */
  readonly claimed: bigint;
}

/** A worker's money in an escrow, base units. */
export function workerBalance(books: BooksLedger, escrowId: EscrowId, worker: Address): WorkerBalance {
  const of = { escrowId, worker };
  const claimed = balanceOf(books, "paid", of) + balanceOf(books, "fee", of);
  return { allotted: balanceOf(books, "allotted", of), owed: balanceOf(books, "owed", of), claimed };
}

/** Sums over an escrow, base units. `held` is what the contract must hold for it, bond apart. */
export interface EscrowTotals {
  readonly deposited: bigint;
  readonly available: bigint;
  readonly allotted: bigint;
  readonly owed: bigint;
  readonly paid: bigint;
  readonly fee: bigint;
  readonly refunded: bigint;
  readonly bond: bigint;
  readonly held: bigint;
}

/** Sums all accounts of an escrow. */
export function escrowTotals(books: BooksLedger, escrowId: EscrowId): EscrowTotals {
  const sums = new Map<string, bigint>();
  for (const [account, balance] of books.balances) {
    const [kind = "", escrow] = account.split("/");
    if (escrow === escrowId) sums.set(kind, (sums.get(kind) ?? 0n) + balance);
  }
  const sum = (kind: AccountKind): bigint => sums.get(kind) ?? 0n;
  const [available, allotted, owed] = [sum("available"), sum("allotted"), sum("owed")];
  return {
    deposited: -sum("payer"),
    available,
    allotted,
    owed,
    paid: sum("paid"),
    fee: sum("fee"),
    refunded: sum("refunded"),
    bond: sum("bond"),
    held: available + allotted + owed,
  };
}

/** What empties an escrow when it closes: unused reservations and unpaid earnings fall back, and all that is free is refunded. */
export function closePostings(books: BooksLedger, escrowId: EscrowId): readonly Posting[] {
  const postings: Posting[] = [];
  let free = balanceOf(books, "available", { escrowId });
  for (const [account, amount] of books.balances) {
    const [kind, escrow, worker] = account.split("/");
    if (escrow !== escrowId || worker === undefined || (kind !== "allotted" && kind !== "owed")) continue;
    const back = releasePosting({ escrowId, worker: worker as Address, amount });
    // Earnings that were never claimed lapse with the escrow, as on chain.
    const legs = back.legs.map((leg) => (leg.amount < 0n ? { account, amount: -amount } : leg));
    postings.push(kind === "owed" ? { memo: "lapse", legs } : back);
    free += amount;
  }
  if (free > 0n) postings.push(refundPosting({ escrowId, amount: free }));
  return postings;
}

/** Lists every broken invariant: the sum over all accounts is zero, and only sources of money are negative. */
export function booksViolations(books: BooksLedger): readonly string[] {
  const broken: string[] = [];
  let sum = 0n;
  for (const [account, balance] of books.balances) {
    sum += balance;
    if (balance < 0n && !mayBeNegative(account)) broken.push(`${account} holds ${balance}`);
    if (balance > 0n && mayBeNegative(account)) broken.push(`${account} gave ${-balance}`);
  }
  if (sum !== 0n) broken.push(`all accounts sum to ${sum}`);
  return broken;
}
