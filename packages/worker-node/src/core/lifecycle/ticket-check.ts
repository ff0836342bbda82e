// Whether an opened ticket is the one that the payer bound himself to, and fell as the coordinator says: made from what we kept alone.
import {
  auditFloor,
  commitSetHash,
  type ItemEvidence,
  isDrawn,
  isTicketOf,
  merkleDepth,
  reduceStep,
  type TicketItem,
  type TicketTerms,
} from "@starling/protocol";
import type { ShownSet } from "../state.ts";

/**
 * What a ticket shows. `ok`: the draw over our set is what it has to be. `notFirst`: by the coordinator's word the set was a check already,
 * and nothing is drawn over those. Everything else is a discrepancy: the order is not the one of this job; the ticket is not under its root;
 * the rate is below the least that there is; the set was drawn and the coordinator denies it, or the other way round.
 */
export type TicketOutcome = "ok" | "notFirst" | "foreignOrder" | "wrongTicket" | "rateTooLow" | "drawMisstated";

/** A ticket under the coordinator's signature: what convicts it. */
export interface SignedTicket {
  readonly terms: TicketTerms;
  readonly item: TicketItem;
  readonly evidence: ItemEvidence;
}

/** Whether the outcome is a discrepancy that the coordinator has to answer for. */
export function isDiscrepancy(outcome: TicketOutcome): boolean {
  return outcome !== "ok" && outcome !== "notFirst";
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
  const position = step === reduceStep ? tasks - 1 : index;
  // The proof's length is fixed, so that no node of the tree passes for a ticket.
  const fits = position < tasks && item.proof.length === merkleDepth(tasks);
  if (!fits || !isTicketOf(order.lotteryRoot, position, item)) return "wrongTicket";
  if (item.drawn === null) return "notFirst";
  if (auditPpm < auditFloor(set.item.commitments.length)) return "rateTooLow";
  return isDrawn(item.ticket, commitSetHash(set.item), auditPpm) === item.drawn ? "ok" : "drawMisstated";
}
