// Compares the books with promises and with the confirmed view of the chain: any difference is a broken invariant.
import { balanceOf, workerBalance } from "@starling/settlement";
import type { Escrow } from "../ledger/escrow.ts";
import type { CoordinatorState } from "../state.ts";

/** Lists every difference, escrow by escrow. */
export function bookDifferences(state: CoordinatorState): readonly string[] {
  return [...state.ledger.escrows.values()].flatMap((escrow) => escrowDifferences(state, escrow));
}

/** Lists every difference of one escrow. */
export function escrowDifferences(state: CoordinatorState, escrow: Escrow): readonly string[] {
  if (escrow.chain.phase === "closed") return closedDifferences(state, escrow);
  const { books } = state.ledger;
  const { escrowId, chain } = escrow;
  const broken: string[] = [];
  let allotted = 0n;
  const workers = new Set([...chain.allotments.keys(), ...escrow.owed.keys()]);
  for (const worker of workers) {
    const balance = workerBalance(books, escrowId, worker);
    const total = chain.allotments.get(worker)?.total ?? 0n;
    allotted += total;
    if (balance.allotted + balance.owed + balance.claimed !== total) {
      broken.push(
        `books of ${worker} in ${escrowId} sum to ${balance.allotted + balance.owed + balance.claimed}, the chain has ${total}`,
      );
    }
    if (balance.claimed !== (chain.paid.get(worker) ?? 0n)) {
      broken.push(`books paid ${worker} ${balance.claimed}, the chain ${chain.paid.get(worker) ?? 0n}`);
    }
    const owed = balance.owed + balance.claimed + (escrow.unbacked.get(worker) ?? 0n);
    if (owed !== (escrow.owed.get(worker) ?? 0n)) {
      broken.push(`books owe ${worker} ${owed}, accepted results ${escrow.owed.get(worker) ?? 0n}`);
    }
  }
  const available = balanceOf(books, "available", { escrowId });
  if (available + allotted !== chain.budget) {
    broken.push(`escrow ${escrowId} holds ${available + allotted} in the books and ${chain.budget} on chain`);
  }
  return broken;
}

// What was never claimed has gone back to the payer with the rest.
function closedDifferences(state: CoordinatorState, escrow: Escrow): readonly string[] {
  const paid = [...escrow.chain.paid.values()].reduce((sum, amount) => sum + amount, 0n);
  const { escrowId } = escrow;
  const broken: string[] = [];
  if (paid !== escrow.chain.budget)
    broken.push(`escrow ${escrowId} closed with ${escrow.chain.budget} and paid ${paid}`);
  const left = balanceOf(state.ledger.books, "available", { escrowId });
  if (left !== 0n) broken.push(`escrow ${escrowId} closed with ${left} in the books`);
  return broken;
}
