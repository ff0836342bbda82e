// LedgerService: books of an escrow, and closing it.
import { type BoundService, bindService, type Identity, mayActFor } from "@starling/node-kit";
import type { Address } from "@starling/protocol";
import { type GetLedgerRequest, type GetLedgerResponse, LedgerServiceDefinition } from "@starling/protocol/rpc";
import {
  booksView,
  type CoordinatorState,
  type EscrowView,
  escrowBooks,
  escrowView,
  jobView,
  nodeView,
} from "../../core/index.ts";
import { sendBooks } from "./books.ts";
import type { ApiDeps } from "./deps.ts";
import { moment } from "./messages.ts";
import { ownJob, refusal, refusalOf } from "./refuse.ts";

/** The service over one engine. */
export function ledgerService(deps: ApiDeps): BoundService {
  return bindService(
    LedgerServiceDefinition,
    {
      getLedger: async (request, { identity }) =>
        await deps.engine.readSettled((state) => ({
          ...books(state, request, identity),
          chainSilentSinceMs: silentSince(deps),
        })),
      getBooks: async ({ escrowId }, emit, { identity }) => {
        const of = { of: { $case: "escrowId", value: escrowId } } as const;
        const found = await deps.engine.readSettled((state) => ({
          ledger: { ...books(state, of, identity), chainSilentSinceMs: silentSince(deps) },
          books: booksView(state, escrowId),
        }));
        if (found.books === null) throw refusal("escrowNotFound", `there is no escrow ${escrowId}`);
        await sendBooks(deps, { ledger: found.ledger, books: found.books }, emit);
      },
      closeEscrow: async ({ escrowId }, { identity }) => {
        const escrow = deps.engine.read((state) => ownEscrow(state, escrowId, identity));
        if (escrow.phase === "closed") return { state: "closed" };
        // The core closes the payer's open escrow, and by now that may be a newer one than the one that is named.
        if (escrow.closing !== null || escrow.phase === "committed") return { state: "closing" };
        const outcome = await deps.engine.submit({ type: "escrowCloseRequested", payer: escrow.payer });
        if (!outcome.ok) throw refusalOf(outcome);
        return { state: "closing" };
      },
    },
    { getLedger: "known", getBooks: "known", closeEscrow: "known" },
  );
}

function silentSince({ chainHealth: { silence } }: ApiDeps): bigint | undefined {
  return silence === null ? undefined : moment(silence.since);
}

function ownEscrow(state: CoordinatorState, escrowId: string, identity: Identity): EscrowView {
  const escrow = escrowView(state, escrowId);
  if (escrow === null || !mayActFor(identity, escrow.payer))
    throw refusal("escrowNotFound", `there is no escrow ${escrowId}`);
  return escrow;
}

function books(state: CoordinatorState, { of }: GetLedgerRequest, identity: Identity): GetLedgerResponse {
  if (of === undefined) throw refusal("invalidArgument", "name a job or an escrow");
  const job = of.$case === "jobId" ? ownJob(state, of.value, identity) : null;
  const escrow = ownEscrow(state, job?.escrowId ?? of.value, identity);
  const { differences, transactions } = escrowBooks(state, escrow.escrowId);
  const earned = job === null ? escrow.owed : (jobView(state, job.jobId)?.owed ?? 0n);
  const gasUsed = transactions.reduce((sum, one) => sum + (one.gasUsed ?? 0n), 0n);
  return {
    escrowId: escrow.escrowId,
    payer: escrow.payer,
    state:
      escrow.phase === "closed"
        ? "closed"
        : escrow.closing !== null || escrow.phase === "committed"
          ? "closing"
          : "open",
    deposited: String(escrow.budget + escrow.refunded),
    allotted: String(escrow.allotted),
    owed: String(escrow.owed - escrow.paid),
    paid: String(escrow.paid),
    refunded: String(escrow.refunded),
    fees: "0",
    earned: String(earned),
    workers: escrow.accounts.map((account) => {
      const node = nodeView(state, account.worker as Address);
      return {
        worker: account.worker,
        operator: account.operator ?? "",
        allotted: String(account.allotted),
        earned: String(account.owed),
        paid: String(account.paid),
        accepted: node?.accepted ?? 0,
        rejected: node?.rejected ?? 0,
      };
    }),
    transactions: transactions.map((one) => ({
      kind: one.intentId.split("/")[0] ?? "",
      hash: one.hash ?? "",
      state: one.status,
      blockNumber: BigInt(one.blockNumber ?? 0),
      gasUsed: String(one.gasUsed ?? 0n),
      reason: one.reason,
    })),
    fines: escrow.fines.map(({ untilSeconds, disputeId, ...fine }) => ({
      ...fine,
      amount: String(fine.amount),
      taken: String(fine.taken),
      disputeId: disputeId ?? "",
      untilMs: untilSeconds === null ? undefined : moment(untilSeconds * 1_000),
    })),
    gasUsed: String(gasUsed),
    chainless: state.config.chainless === true,
    balanced: differences.length === 0,
    blockNumber: BigInt(Math.max(0, state.ledger.indexer.confirmedThrough)),
  };
}
