// Tickets of the audit lottery, opened once our answers were settled: how it fell is checked, and a coordinator that misstates it is on record.
import { accepted, type Outcome } from "@starling/kernel";
import {
  type Address,
  evidenceAt,
  limits,
  type MerkleTree,
  merkleTree,
  type TaskPlace,
  ticketLeaf,
} from "@starling/protocol";
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
    const drawn = item.drawn === true && !isDiscrepancy(outcome) ? { drawn: true as const } : {};
    const opened = { type: "ticketOpened", coordinator, taskSpec, outcome, ...drawn, at: turn.now } as const;
    const isFirst = isDiscrepancy(outcome) && (state.ledger.lotteries.get(coordinator)?.first ?? null) === null;
    // One convicts a coordinator; more of them would only fill the journal.
    if (isFirst) turn.record({ ...opened, evidence: { terms, item, evidence: evidenceAt(signed, treeOf(input), i) } });
    else turn.record(opened);
  });
  return accepted();
}

/** Asks a coordinator that was just greeted for the tickets that it has not shown: we may have been away when it did. */
export function wantTickets(state: WorkerState, coordinator: Address, turn: WorkerTurn): void {
  const tasks: TaskPlace[] = [];
  for (const { coordinator: from, place, opened } of state.ledger.shown.values()) {
    // What we answered for others is no business of this one: it would learn who else holds a task.
    if (from !== coordinator || place === undefined || opened === true) continue;
    const { jobId, step, index } = place;
    tasks.push({ jobId, step, index });
  }
  if (tasks.length === 0) return;
  turn.request({ type: "sendTicketsWanted", coordinator, tasks: tasks.slice(-limits.ticketsWanted) });
}

function treeOf({ terms, items }: Of): MerkleTree {
  return merkleTree(items.map((item) => ticketLeaf(terms, item)));
}
