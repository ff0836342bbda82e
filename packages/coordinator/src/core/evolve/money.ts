// Facts of money: what is promised, what was handed to the sender, and what came of it.
import { assertNever, present } from "@starling/kernel";
import type { TaskId } from "@starling/protocol";
import { balanceOf, earnPosting, evolveBooks } from "@starling/settlement";
import type { MoneyFact } from "../fact.ts";
import { addAmount, countUnanchored, type Escrow, newEscrow } from "../ledger/escrow.ts";
import { smaller } from "../money/amounts.ts";
import type { CoordinatorState } from "../state.ts";
import { confirmEvent, undoEvent } from "./chain.ts";
import { owedFine } from "./fines.ts";
import { forgetEscrow } from "./forget.ts";
import { evolvePledge } from "./pledges.ts";

type Of<T extends MoneyFact["type"]> = Extract<MoneyFact, { type: T }>;

/** Applies a fact of money. */
export function evolveMoney(state: CoordinatorState, fact: MoneyFact): void {
  switch (fact.type) {
    case "chainConfirmed":
      confirmEvent(state, fact.event, fact.headSeconds);
      return;
    case "chainUndone":
      undoEvent(state, fact.event);
      return;
    case "escrowOpened":
      open(state, fact);
      return;
    default:
      evolveEscrow(state, present(state.ledger.escrows.get(fact.escrowId), `escrow ${fact.escrowId}`), fact);
  }
}

function evolveEscrow(
  state: CoordinatorState,
  escrow: Escrow,
  fact: Exclude<MoneyFact, Of<"chainConfirmed" | "chainUndone" | "escrowOpened">>,
): void {
  switch (fact.type) {
    case "payOwed":
      owe(state, escrow, fact);
      return;
    case "fineDue":
      owedFine(escrow, fact);
      return;
    case "pledgeIntended":
    case "pledgeReleaseIntended":
    case "pledgeRefused":
      evolvePledge(escrow, fact);
      return;
    case "allotmentIntended": {
      const { worker, total, expiresAtSeconds, intentId } = fact;
      escrow.nextIntent += 1;
      escrow.allotting.set(worker, { total, expiresAtSeconds, intentId });
      return;
    }
    case "paymentIntended":
      escrow.nextIntent += 1;
      for (const { worker, cumulative } of fact.payments) {
        escrow.paying.set(worker, { cumulative, intentId: fact.intentId });
      }
      return;
    case "runSealed":
      escrow.runs.push({ root: fact.root, count: fact.count });
      return;
    case "batchClosed":
      closeBatch(state, escrow, fact);
      return;
    case "batchRetried":
      escrow.nextIntent += 1;
      batchOf(escrow, fact.batch).intentId = fact.intentId;
      return;
    case "anchorSigned":
      batchOf(escrow, fact.batch).signed = fact.evidence;
      return;
    case "escrowClosing":
      escrow.closing = { at: fact.at, reason: fact.reason };
      if (state.ledger.escrowOfPayer.get(escrow.payer) === escrow.escrowId) {
        state.ledger.escrowOfPayer.delete(escrow.payer);
      }
      return;
    case "exitIntended":
      escrow.nextIntent += 1;
      escrow.exit = { step: fact.step, intentId: fact.intentId };
      return;
    case "chainRefused":
      refuse(escrow, fact);
      return;
    case "escrowForgotten":
      forgetEscrow(state, escrow);
      return;
    default:
      assertNever(fact, "money fact");
  }
}

function open(state: CoordinatorState, fact: Of<"escrowOpened">): void {
  const { escrowId, payer, at } = fact;
  if (!state.ledger.escrows.has(escrowId)) state.ledger.escrows.set(escrowId, newEscrow(escrowId, payer, at));
  state.ledger.escrowOfPayer.set(payer, escrowId);
}

// Earnings move from the worker's allotment; what the allotment does not reach is kept apart until one does.
function owe(state: CoordinatorState, escrow: Escrow, fact: Of<"payOwed">): void {
  const { escrowId, worker, leaseId, amount } = fact;
  const lease = present(state.ledger.leases.get(leaseId), `lease ${leaseId}`);
  const job = present(state.ledger.jobs.get(lease.jobId), `job ${lease.jobId}`);
  job.owed += amount;
  if (job.endedAt !== null) escrow.owedByEnded += amount;
  addAmount(escrow.owed, worker, amount);
  const allotted = balanceOf(state.ledger.books, "allotted", { escrowId, worker });
  const backed = smaller(amount, allotted);
  if (backed > 0n) {
    const posting = earnPosting({ escrowId, worker, amount: backed });
    evolveBooks(state.ledger.books, { type: "posted", posting });
  }
  addAmount(escrow.unbacked, worker, amount - backed);
}

function closeBatch(state: CoordinatorState, escrow: Escrow, fact: Of<"batchClosed">): void {
  const { batch, root, intentId, last } = fact;
  const { count, at } = closingOf(fact);
  const taskIds = escrow.unanchored.slice(0, count);
  escrow.nextIntent += 1;
  escrow.batches.push({ batch, root, taskIds, runs: escrow.runs, intentId, last, signed: null, place: null });
  escrow.batchedAt = at;
  escrow.runs = [];
  // Batches are cut from the front of the list, in order.
  escrow.unanchored = escrow.unanchored.slice(count);
  taskIds.forEach((taskId, index) => {
    const task = present(state.ledger.tasks.get(taskId), `task ${taskId}`);
    task.anchor = { batch, index };
    countUnanchored(escrow, task.jobId, -1);
  });
}

// Journals of before results were hashed in runs name the tasks themselves, and no time.
function closingOf(fact: Of<"batchClosed">): { readonly count: number; readonly at: number | null } {
  if (fact.count !== undefined) return fact;
  const { taskIds = [] } = fact as { readonly taskIds?: readonly TaskId[] };
  return { count: taskIds.length, at: null };
}

function batchOf(escrow: Escrow, batch: number): Escrow["batches"][number] {
  return present(
    escrow.batches.find((one) => one.batch === batch),
    `batch ${batch} of escrow ${escrow.escrowId}`,
  );
}

// What the refused transaction was to bring is wanted again.
function refuse(escrow: Escrow, fact: Of<"chainRefused">): void {
  const { intentId, reason, retryAt } = fact;
  escrow.refused = { reason, retryAt };
  for (const [worker, pending] of escrow.allotting) {
    if (pending.intentId === intentId) escrow.allotting.delete(worker);
  }
  for (const [worker, payment] of escrow.paying) {
    if (payment.intentId === intentId) escrow.paying.delete(worker);
  }
  if (escrow.exit?.intentId === intentId) escrow.exit = null;
}
