// What the books note in a network without a chain, in the form in which a chain would have told it: one ledger for both.
import { type Address, type ChainEvent, type ChainEventBody, type EscrowId, zeroHash } from "@starling/protocol";
import { type CoordinatorState, isChainless } from "../state.ts";
import type { CoordinatorTurn } from "../turn.ts";
import { chainSeconds } from "./clock.ts";

/** What may be booked: all that is about an escrow. */
export type Booked = Extract<ChainEventBody, { escrowId: EscrowId }>;

/** No account ends by itself: it would take what is owed with it. The last second that calendars know. */
export const neverSeconds = 253_402_300_799;

/** The event with a place: a number that rises with time, since what is old is forgotten by it; it stands in no receipt. */
export function booked(body: Booked, now: number): ChainEvent {
  const blockNumber = Math.floor(now / 1_000);
  return { ...body, blockNumber, blockHash: zeroHash, txHash: zeroHash, logIndex: 0 };
}

/** What a worker has just earned is set aside for it; with a chain its allotment was there before. */
export function setAside(
  state: CoordinatorState,
  { escrowId, worker, amount }: { readonly escrowId: EscrowId; readonly worker: Address; readonly amount: bigint },
  turn: CoordinatorTurn,
): void {
  if (!isChainless(state)) return;
  const total = (state.ledger.escrows.get(escrowId)?.chain.allotments.get(worker)?.total ?? 0n) + amount;
  const event = booked({ type: "allotted", escrowId, worker, total, expiresAtSeconds: neverSeconds }, turn.now);
  turn.record({ type: "chainConfirmed", event, headSeconds: chainSeconds(state, turn.now) });
}
