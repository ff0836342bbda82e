// Tickets of the audit lottery, opened once our answers were settled: how it fell is checked, and a coordinator that misstates it is on record.
import { accepted, type Outcome } from "@starling/kernel";
import { evidenceAt, type MerkleTree, merkleTree, ticketLeaf } from "@starling/protocol";
import type { WorkerInput } from "../input.ts";
import type { WorkerState } from "../state.ts";
import type { WorkerTurn } from "../worker.ts";
import { isDiscrepancy, judgeTicket } from "./ticket-check.ts";

type Of = Extract<WorkerInput, { type: "ticketsReceived" }>;

/** Checks each ticket of a task whose set we keep; each counts once. */
export function ticketsReceived(state: WorkerState, input: Of, turn: WorkerTurn): Outcome {
  const { coordinator, terms, items, signed } = input;
  items.forEach((item, i) => {
    const { taskSpec } = item;
    const shown = state.ledger.shown.get(taskSpec);
    if (shown?.coordinator !== coordinator || shown.place === undefined || shown.opened === true) return;
    const outcome = judgeTicket({ ...shown, place: shown.place }, { terms, item });
    const opened = { type: "ticketOpened", coordinator, taskSpec, outcome, at: turn.now } as const;
    const isFirst = isDiscrepancy(outcome) && (state.ledger.lotteries.get(coordinator)?.first ?? null) === null;
    // One convicts a coordinator; more of them would only fill the journal.
    if (isFirst) turn.record({ ...opened, evidence: { terms, item, evidence: evidenceAt(signed, treeOf(input), i) } });
    else turn.record(opened);
  });
  return accepted();
}

function treeOf({ terms, items }: Of): MerkleTree {
  return merkleTree(items.map((item) => ticketLeaf(terms, item)));
}
