// A network without a chain, for a fleet of one owner: the books are all the settlement there is. What a contract would do with a call is
// booked in the same turn, so that the same double-entry ledger, jobs and receipts need neither blocks nor stakes.
import type { EscrowId, JobId } from "@starling/protocol";
import type { CoordinatorState } from "../state.ts";
import type { CoordinatorTurn } from "../turn.ts";
import { unallotted } from "./amounts.ts";
import { type Booked, booked, neverSeconds } from "./booking.ts";
import type { ChainWish } from "./bridge.ts";
import { confirmed } from "./chain.ts";

/** Books the calls of this turn; with a chain there are none here. */
export function settleHere(state: CoordinatorState, turn: CoordinatorTurn): void {
  for (let wish = turn.calls.shift(); wish !== undefined; wish = turn.calls.shift()) {
    for (const body of eventsOf(state, wish)) {
      confirmed(state, booked(body, turn.now), turn);
      turn.changed.escrows.add(body.escrowId);
    }
  }
}

// Stakes, credit limits and disputes are never asked for without a chain.
function eventsOf(state: CoordinatorState, { intentId, call }: ChainWish): readonly Booked[] {
  switch (call.kind) {
    case "createEscrowFor":
    case "topUpFor":
      return fundingOf(state, { intentId, isNew: call.kind === "createEscrowFor" });
    case "commit": {
      const { escrowId, batch, root, count, last } = call;
      // All that a receipt can show of a root here is the coordinator's signature, so nothing is final before it.
      const isSigned = state.ledger.escrows
        .get(escrowId)
        ?.batches.some((one) => one.batch === batch && one.signed !== null);
      if (count > 0 && isSigned !== true) return [];
      return [{ type: "resultsCommitted", escrowId, batch, root, count, completed: 0, last }];
    }
    case "payBatch": {
      const paid = state.ledger.escrows.get(call.escrowId)?.chain.paid;
      return call.payments.map(({ worker, cumulative }) => {
        const amount = cumulative - (paid?.get(worker) ?? 0n);
        return { type: "paid", escrowId: call.escrowId, worker, cumulative, amount };
      });
    }
    case "refund":
    case "close":
      return endOf(state, call);
    default:
      return [];
  }
}

// The payer's signed order is the money: it says how much may be owed in his name.
function fundingOf(
  state: CoordinatorState,
  { intentId, isNew }: { readonly intentId: string; readonly isNew: boolean },
): readonly Booked[] {
  const job = state.ledger.jobs.get((intentId.split("/")[1] ?? "") as JobId);
  if (job === undefined) return [];
  const { escrowId, payer } = job;
  const { order, newEscrowId: orderId } = job.submission;
  const { budget } = order;
  if (!isNew) return [{ type: "toppedUp", escrowId, orderId, amount: budget, deadlineSeconds: neverSeconds }];
  // Nobody posts a bond: it would bind a coordinator to its own books.
  const about = { payer, coordinator: payer, budget, deadlineSeconds: neverSeconds, feeBps: 0 };
  return [{ type: "escrowCreated", escrowId, ...about }];
}

function endOf(
  state: CoordinatorState,
  { kind, escrowId }: { readonly kind: "refund" | "close"; readonly escrowId: EscrowId },
): readonly Booked[] {
  const escrow = state.ledger.escrows.get(escrowId);
  if (escrow === undefined) return [];
  if (kind === "refund") return [{ type: "refunded", escrowId, amount: unallotted(escrow) }];
  let paid = 0n;
  for (const amount of escrow.chain.paid.values()) paid += amount;
  return [{ type: "escrowClosed", escrowId, refund: escrow.chain.budget - paid, bond: 0n }];
}
