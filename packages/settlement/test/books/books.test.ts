// The books sum to zero whatever is posted, an escrow's accounts always explain what the contract holds, and a close empties it.

import {
  allotPosting,
  balanceOf,
  bondPosting,
  bondReturnPosting,
  booksViolations,
  closePostings,
  depositPosting,
  earnPosting,
  emptyBooks,
  escrowTotals,
  evolveBooks,
  feeOf,
  type Posting,
  payPosting,
  releasePosting,
  reversePosting,
  workerBalance,
} from "@starling/settlement";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toyHash } from "../toy-chain.ts";

const escrowId = toyHash("escrow");
const workers = ["0x01", "0x02", "0x03"] as const;

type Move = { readonly kind: number; readonly worker: number; readonly amount: bigint };
const moves = fc.array(fc.record({ kind: fc.nat(4), worker: fc.nat(2), amount: fc.bigInt(0n, 1_000n) }), {
  maxLength: 60,
});

// Every movement is cut to what the account holds, as the contract refuses anything else.
function postingOf(books: ReturnType<typeof emptyBooks>, move: Move): Posting {
  const worker = workers[move.worker] ?? "0x01";
  const { allotted, owed } = workerBalance(books, escrowId, worker);
  const cut = (limit: bigint): bigint => move.amount % (limit + 1n);
  if (move.kind === 0) return depositPosting({ escrowId, amount: move.amount });
  if (move.kind === 1)
    return allotPosting({ escrowId, worker, amount: cut(balanceOf(books, "available", { escrowId })) });
  if (move.kind === 2) return earnPosting({ escrowId, worker, amount: cut(allotted) });
  if (move.kind === 3) return releasePosting({ escrowId, worker, amount: cut(allotted) });
  const amount = cut(owed);
  return payPosting({ escrowId, worker, amount, fee: feeOf(amount, 250) });
}

describe("the books", () => {
  it("sum to zero after every posting, and explain what the contract holds", () => {
    fc.assert(
      fc.property(moves, (list) => {
        const books = emptyBooks();
        for (const move of list) {
          evolveBooks(books, { type: "posted", posting: postingOf(books, move) });
          expect(booksViolations(books)).toEqual([]);
          const totals = escrowTotals(books, escrowId);
          expect(totals.held).toBe(totals.deposited - totals.paid - totals.fee - totals.refunded);
        }
      }),
    );
  });

  it("are empty but for what left, once the escrow is closed", () => {
    fc.assert(
      fc.property(moves, (list) => {
        const books = emptyBooks();
        for (const move of list) evolveBooks(books, { type: "posted", posting: postingOf(books, move) });
        const before = escrowTotals(books, escrowId);
        for (const posting of closePostings(books, escrowId)) {
          evolveBooks(books, { type: "posted", posting });
          expect(booksViolations(books)).toEqual([]);
        }
        const after = escrowTotals(books, escrowId);
        expect(after.held).toBe(0n);
        expect(after.refunded).toBe(before.refunded + before.held);
        expect(after.deposited).toBe(after.paid + after.fee + after.refunded);
      }),
    );
  });

  it("forget a posting that is reversed", () => {
    const books = emptyBooks();
    const posting = depositPosting({ escrowId, amount: 5n });
    evolveBooks(books, { type: "posted", posting });
    evolveBooks(books, { type: "posted", posting: reversePosting(posting) });
    expect(books.balances.size).toBe(0);
  });

  it("stop the process when legs do not sum to zero", () => {
    const posting = { memo: "wrong", legs: [{ account: "available/0x", amount: 1n }] };
    expect(() => evolveBooks(emptyBooks(), { type: "posted", posting })).toThrow("sum to 1");
  });

  it("name an account that gave more than it had", () => {
    const books = emptyBooks();
    evolveBooks(books, { type: "posted", posting: earnPosting({ escrowId, worker: "0x01", amount: 3n }) });
    expect(booksViolations(books)).toEqual([`allotted/${escrowId}/0x01 holds -3`]);
  });

  it("keep the bond apart from the payer's money", () => {
    const books = emptyBooks();
    evolveBooks(books, { type: "posted", posting: bondPosting({ escrowId, amount: 9n }) });
    expect(escrowTotals(books, escrowId)).toMatchObject({ bond: 9n, held: 0n });
    evolveBooks(books, { type: "posted", posting: bondReturnPosting({ escrowId, amount: 9n }) });
    expect(books.balances.size).toBe(0);
  });

  it("count what was claimed with its fee, as the chain does", () => {
    const books = emptyBooks();
    const worker = "0x01";
    for (const posting of [
      depositPosting({ escrowId, amount: 1_000n }),
      allotPosting({ escrowId, worker, amount: 500n }),
      earnPosting({ escrowId, worker, amount: 300n }),
      payPosting({ escrowId, worker, amount: 200n, fee: feeOf(200n, 500) }),
    ]) {
      evolveBooks(books, { type: "posted", posting });
    }
    expect(workerBalance(books, escrowId, worker)).toEqual({ allotted: 200n, owed: 100n, claimed: 200n });
    expect(balanceOf(books, "fee", { escrowId, worker })).toBe(10n);
  });
});
