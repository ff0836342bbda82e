// Read model for audits: what each worker earned for each job of an escrow, counted from its leases and not from any sum that the ledger keeps.
import type { Address, EscrowId, JobId } from "@starling/protocol";
import type { FineDue } from "../ledger/operator.ts";
import type { CoordinatorState } from "../state.ts";

/** One worker's pay for one job. */
export interface EarningView {
  readonly jobId: JobId;
  readonly worker: Address;
  /** Leases whose answer was accepted and paid. */
  readonly leases: number;
  /** Base units. */
  readonly amount: bigint;
}

/** What lies behind the totals of an escrow; null when there is none, or none any more. */
export interface BooksView {
  readonly earnings: readonly EarningView[];
  /** What each worker may redeem, cumulative. */
  readonly vouchers: readonly { readonly worker: Address; readonly cumulative: bigint }[];
  readonly fines: readonly FineDue[];
  readonly pledges: readonly { readonly operator: Address; readonly amount: bigint }[];
}

/** Everything that an audit compares with the chain and the receipts. */
export function booksView(state: CoordinatorState, escrowId: string): BooksView | null {
  const escrow = state.ledger.escrows.get(escrowId as EscrowId);
  if (escrow === undefined) return null;
  return {
    earnings: earningsOf(state, escrow.escrowId),
    vouchers: [...escrow.owed].map(([worker, cumulative]) => ({ worker, cumulative })),
    fines: [...escrow.finesDue.values()],
    pledges: [...escrow.chain.pledges].map(([operator, amount]) => ({ operator, amount })),
  };
}

function earningsOf(state: CoordinatorState, escrowId: EscrowId): readonly EarningView[] {
  const found = new Map<string, EarningView>();
  for (const lease of state.ledger.leases.values()) {
    if (lease.escrowId !== escrowId || lease.verdict !== "accepted" || lease.price === 0n) continue;
    const { jobId, worker, price } = lease;
    const key = `${jobId}/${worker}`;
    const known = found.get(key) ?? { jobId, worker, leases: 0, amount: 0n };
    found.set(key, { ...known, leases: known.leases + 1, amount: known.amount + price });
  }
  return [...found.values()];
}
