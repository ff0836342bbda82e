// Whether an opened ticket is the one that the payer bound himself to, and fell as the coordinator says: made from what we kept alone.
import {
  auditFloor,
  commitSetHash,
  type ItemEvidence,
  isDrawn,
  isTicketOf,
  lotteryBond,
  reduceStep,
  type TicketItem,
  type TicketTerms,
} from "@starling/protocol";
import type { ShownSet } from "../state.ts";

/**
 * What a ticket shows. `ok`: the draw over our set is what it has to be, by a ticket and at a rate that the payer signed. `rateUnsigned`: the
 * same under an order of before rates were part of the lottery's root, so that the rate is the coordinator's word. `notFirst`: by the
 * coordinator's word the set was a check already, and nothing is drawn over those. Everything else is a discrepancy: the order is not the one
 * of this job; rate, number of tasks or tickets are not what the payer signed; the ticket is another one's; the rate is below the least that
 * there is; the set was drawn and the coordinator denies it, or the other way round.
 */
export type TicketOutcome =
  | "ok"
  | "rateUnsigned"
  | "notFirst"
  | "foreignOrder"
  | "wrongTerms"
  | "wrongTicket"
  | "rateTooLow"
  | "drawMisstated";

const discrepancies: ReadonlySet<TicketOutcome> = new Set([
  "foreignOrder",
  "wrongTerms",
  "wrongTicket",
  "rateTooLow",
  "drawMisstated",
]);

/** A ticket under the coordinator's signature: what convicts it. */
export interface SignedTicket {
  readonly terms: TicketTerms;
  readonly item: TicketItem;
  readonly evidence: ItemEvidence;
}

/** Whether the outcome is a discrepancy that the coordinator has to answer for. */
export function isDiscrepancy(outcome: TicketOutcome): boolean {
  return discrepancies.has(outcome);
}

/** Judges a ticket by the set that we were shown. */
export function judgeTicket(
  { set, place, coordinator }: ShownSet & { readonly place: NonNullable<ShownSet["place"]> },
  { terms, item }: Pick<SignedTicket, "terms" | "item">,
): TicketOutcome {
  const { order, tasks, auditPpm } = terms;
  const { jobId, payer, step, index } = place;
  // The salt of an order is its job's id, which every lease names: there is one order for it.
  if (order.salt !== jobId || order.requester !== payer || order.coordinator !== coordinator) return "foreignOrder";
  const bond = lotteryBond(order.lotteryRoot, terms);
  if (bond === null) return "wrongTerms";
  const position = step === reduceStep ? tasks - 1 : index;
  if (!isTicketOf(terms, position, item)) return "wrongTicket";
  if (item.drawn === null) return "notFirst";
  if (auditPpm < auditFloor(set.item.commitments.length)) return "rateTooLow";
  if (isDrawn(item.ticket, commitSetHash(set.item), auditPpm) !== item.drawn) return "drawMisstated";
  return bond === "terms" ? "ok" : "rateUnsigned";
}
