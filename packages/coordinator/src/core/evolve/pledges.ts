// Pledges as the chain confirms them, and those on their way to it.
import type { Address, ChainEvent } from "@starling/protocol";
import type { MoneyFact } from "../fact.ts";
import { addAmount, type Escrow, type UndoEntry } from "../ledger/escrow.ts";

type PledgeEvent = Extract<ChainEvent, { type: "pledged" | "pledgeReleased" | "slashed" }>;
type PledgeFact = Extract<MoneyFact, { type: "pledgeIntended" | "pledgeReleaseIntended" | "pledgeRefused" }>;

/** Applies what the chain says of a pledge. */
export function changePledge(escrow: Escrow, event: PledgeEvent): void {
  const { chain } = escrow;
  const { operator } = event;
  switch (event.type) {
    case "pledged": {
      const { total, releaseAtSeconds } = event;
      addAmount(chain.pledges, operator, event.amount);
      chain.pledgeTerms.set(operator, { total, releaseAtSeconds });
      const pending = escrow.pledging.get(operator);
      if (pending !== undefined && pending.total <= total) escrow.pledging.delete(operator);
      break;
    }
    case "pledgeReleased":
      // A slash that was not seen yet leaves less than was pledged: nothing is left in any case.
      chain.pledges.delete(operator);
      escrow.releasing.delete(operator);
      break;
    case "slashed": {
      const left = (chain.pledges.get(operator) ?? 0n) - event.amount;
      chain.pledges.delete(operator);
      if (left > 0n) chain.pledges.set(operator, left);
      break;
    }
  }
  noteUncovered(escrow, operator, event.type !== "pledged");
}

/** Keeps what fines exceed a pledge by. More is uncovered only when a pledge shrinks or a fine comes back; a new pledge covers again. */
export function noteUncovered(escrow: Escrow, operator: Address, mayGrow: boolean): void {
  const short = (escrow.fines.get(operator) ?? 0n) - (escrow.chain.pledges.get(operator) ?? 0n);
  const known = escrow.uncovered.get(operator) ?? 0n;
  escrow.uncovered.delete(operator);
  const left = mayGrow || short < known ? short : known;
  if (left > 0n) escrow.uncovered.set(operator, left);
}

/** The pledge that an event changes, as it is before; null for other events. */
export function pledgeBefore({ chain }: Escrow, event: ChainEvent): UndoEntry["pledge"] {
  if (event.type !== "pledged" && event.type !== "pledgeReleased" && event.type !== "slashed") return null;
  const { operator } = event;
  return {
    operator,
    amount: chain.pledges.get(operator) ?? null,
    terms: chain.pledgeTerms.get(operator) ?? null,
  };
}

/** Takes back what an event changed. */
export function undoPledge(escrow: Escrow, before: UndoEntry["pledge"]): void {
  if (before === null) return;
  const { operator, amount, terms } = before;
  const { pledges, pledgeTerms } = escrow.chain;
  if (amount === null) pledges.delete(operator);
  else pledges.set(operator, amount);
  if (terms === null) pledgeTerms.delete(operator);
  else pledgeTerms.set(operator, terms);
  noteUncovered(escrow, operator, true);
}

/** Applies what was handed to the sender, and what came back refused. */
export function evolvePledge(escrow: Escrow, fact: PledgeFact): void {
  const { intentId } = fact;
  switch (fact.type) {
    case "pledgeIntended":
      escrow.nextIntent += 1;
      escrow.pledging.set(fact.operator, { total: fact.total, intentId });
      return;
    case "pledgeReleaseIntended":
      escrow.nextIntent += 1;
      escrow.releasing.set(fact.operator, intentId);
      return;
    case "pledgeRefused":
      for (const [operator, pending] of escrow.pledging)
        if (pending.intentId === intentId) escrow.pledging.delete(operator);
      for (const [operator, pending] of escrow.releasing) {
        if (pending !== intentId) continue;
        escrow.releasing.delete(operator);
        escrow.releaseRetryAt = fact.retryAt;
      }
  }
}
