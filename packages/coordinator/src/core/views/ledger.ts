// Read models of money: escrows with their accounts and batches, and the coordinator's transactions.
import type { Address } from "@starling/protocol";
import { booksViolations } from "@starling/settlement";
import type { Escrow } from "../ledger/escrow.ts";
import { freeMoney, paymentState } from "../money/amounts.ts";
import { bookDifferences } from "../money/reconcile.ts";
import type { CoordinatorState } from "../state.ts";
import type { AccountView, BatchView, EscrowView, LedgerView, TransactionView } from "./types.ts";

/** Money of one payer, or of everybody, with every transaction that is still remembered. */
export function ledgerView(state: CoordinatorState, payer?: Address): LedgerView {
  const escrows = [...state.ledger.escrows.values()].filter((escrow) => payer === undefined || escrow.payer === payer);
  return {
    escrows: escrows.map((escrow) => escrowView(state, escrow)),
    transactions: transactions(state),
    differences: [...booksViolations(state.ledger.books), ...bookDifferences(state)],
  };
}

/** One escrow. */
function escrowView(state: CoordinatorState, escrow: Escrow): EscrowView {
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

function transactions(state: CoordinatorState): readonly TransactionView[] {
  const { finished, intents } = state.ledger.sender;
  return [...finished.values(), ...intents.values()].map((intent) => ({
    intentId: intent.intentId,
    status: intent.status,
    hash: intent.receipt?.hash ?? intent.attempts.at(-1)?.hash ?? null,
    blockNumber: intent.receipt?.blockNumber ?? null,
    gasUsed: intent.receipt?.gasUsed ?? null,
    gasPrice: intent.receipt?.effectiveGasPrice ?? null,
    reason: "reason" in intent ? intent.reason : "",
  }));
}
