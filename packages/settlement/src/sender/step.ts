// The context of one turn of a sender, and how it reports the steps of its intents to the core that embeds it.
import type { Turn } from "@starling/kernel";
import type { Intent, IntentStatus } from "./intent.ts";
import type { IntentChange, SenderEffect, SenderFact } from "./messages.ts";
import type { SenderState } from "./state.ts";

/** What a sender needs of a turn. Recording a fact must apply it with `evolveSender` at once. */
export type SenderTurn = Pick<Turn<SenderFact, SenderEffect>, "now" | "record" | "request">;

/** One turn under way. */
export interface SenderStep {
  readonly state: SenderState;
  readonly turn: SenderTurn;
  readonly changes: IntentChange[];
}

/** Records a fact that moves an intent to `status`. */
export function move(step: SenderStep, fact: SenderFact & { readonly intentId: string }, status: IntentStatus): void {
  step.turn.record(fact);
  step.changes.push({ intentId: fact.intentId, status, reason: fact.type === "transactionFailed" ? fact.reason : "" });
}

/** Whether the intent has a nonce but is not in a block that we know of. */
export function isUnmined(intent: Intent): boolean {
  return intent.status === "signed" || intent.status === "broadcast";
}

/** How many intents are signed and not mined. */
export function unminedCount(state: SenderState): number {
  let count = 0;
  for (const intent of state.ledger.intents.values()) if (isUnmined(intent)) count += 1;
  return count;
}

/** Sends the newest form of an intent, and notes at which head. */
export function broadcastNewest(step: SenderStep, attempts: Intent["attempts"]): void {
  const newest = attempts.at(-1);
  if (newest === undefined) return;
  step.state.presence.sentAt.set(newest.hash, step.state.presence.head?.number ?? 0);
  step.turn.request({ type: "broadcastTransaction", hash: newest.hash, raw: newest.raw });
}
