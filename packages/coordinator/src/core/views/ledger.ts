// Read models of money: escrows with their accounts and batches, and the coordinator's transactions.
import type { Address, EscrowId } from "@starling/protocol";
import { booksViolations } from "@starling/settlement";
import type { Escrow } from "../ledger/escrow.ts";
import { freeMoney, paymentState } from "../money/amounts.ts";
import { bookDifferences, escrowDifferences } from "../money/reconcile.ts";
import type { CoordinatorState } from "../state.ts";
import { finesOf } from "./fines.ts";
import type { AccountView, BatchView, EscrowView, LedgerView, TransactionView } from "./types.ts";

/** Money of one payer, or of everybody, with every transaction that is still remembered. */
export function ledgerView(state: CoordinatorState, payer?: Address): LedgerView {
  const escrows = [...state.ledger.escrows.values()].filter((escrow) => payer === undefined || escrow.payer === payer);
  return {
    escrows: escrows.map((escrow) => viewOf(state, escrow)),
    transactions: transactions(state, () => true),
    differences: [...booksViolations(state.ledger.books), ...bookDifferences(state)],
  };
}

/** One escrow; null when there is none, or none any more. */
export function escrowView(state: CoordinatorState, escrowId: string): EscrowView | null {
  const escrow = state.ledger.escrows.get(escrowId as EscrowId);
  return escrow === undefined ? null : viewOf(state, escrow);
}

/** The escrow that a payer's next job would use; null when it would open one. */
export function openEscrowView(state: CoordinatorState, payer: Address): EscrowView | null {
  const view = escrowView(state, state.ledger.escrowOfPayer.get(payer) ?? "");
  return view?.phase === "open" && view.closing === null ? view : null;
}

/** The transactions and the differences of one escrow, without a look at any other. */
export function escrowBooks(
  state: CoordinatorState,
  escrowId: string,
): Pick<LedgerView, "transactions" | "differences"> {
  const escrow = state.ledger.escrows.get(escrowId as EscrowId);
  return {
    // Whatever is intended for an escrow names it.
    transactions: transactions(state, (intentId) => intentId.split("/").includes(escrowId)),
    differences: escrow === undefined ? [] : escrowDifferences(state, escrow),
  };
}

function viewOf(state: CoordinatorState, escrow: Escrow): EscrowView {
  const { chain } = escrow;
  const sum = (amounts: Iterable<bigint>): bigint => [...amounts].reduce((total, amount) => total + amount, 0n);
  return {
    escrowId: escrow.escrowId,
    payer: escrow.payer,
    phase: chain.phase,
    closing: escrow.closing?.reason ?? null,
    openJobs: [...escrow.openJobs.keys()],
    budget: chain.budget,
    refunded: chain.refunded,
    allotted: sum([...chain.allotments.values()].map(({ total }) => total)),
    owed: sum(escrow.owed.values()),
    paid: sum(chain.paid.values()),
    free: freeMoney(state, escrow),
    accounts: accounts(state, escrow),
    batches: escrow.batches.map(batchView),
    refused: escrow.refused?.reason ?? null,
    fines: finesOf(state, escrow),
  };
}

function accounts(state: CoordinatorState, escrow: Escrow): readonly AccountView[] {
  const workers = new Set([...escrow.chain.allotments.keys(), ...escrow.owed.keys(), ...escrow.inFlight.keys()]);
  return [...workers].sort().map((worker) => ({
    worker,
    operator: state.ledger.workers.get(worker)?.operator ?? null,
    allotted: escrow.chain.allotments.get(worker)?.total ?? 0n,
    inFlight: escrow.inFlight.get(worker) ?? 0n,
    owed: escrow.owed.get(worker) ?? 0n,
    paid: escrow.chain.paid.get(worker) ?? 0n,
    payment: paymentState(state, escrow, worker),
  }));
}

/** One batch of anchored results. */
export function batchView(batch: Escrow["batches"][number]): BatchView {
  const { root, taskIds, last, signed, place } = batch;
  return { batch: batch.batch, root, count: taskIds.length, last, signed, place };
}

function transactions(state: CoordinatorState, isWanted: (intentId: string) => boolean): readonly TransactionView[] {
  const { finished, intents } = state.ledger.sender;
  const wanted = [...finished.values(), ...intents.values()].filter(({ intentId }) => isWanted(intentId));
  return wanted.map((intent) => ({
    intentId: intent.intentId,
    status: intent.status,
    hash: intent.receipt?.hash ?? intent.attempts.at(-1)?.hash ?? null,
    blockNumber: intent.receipt?.blockNumber ?? null,
    gasUsed: intent.receipt?.gasUsed ?? null,
    gasPrice: intent.receipt?.effectiveGasPrice ?? null,
    reason: "reason" in intent ? intent.reason : "",
  }));
}
