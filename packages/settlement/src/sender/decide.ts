// The transaction sender of one hot key: own nonces without gaps, raw transactions on disk before they leave, done when deep enough.
import { accepted, assertNever, earliest, type Millis, type Outcome, rejected } from "@starling/kernel";
import type { ChainCall } from "@starling/protocol";
import type { IntentChange, SenderInput } from "./messages.ts";
import { onPrepared, onRefused, prepareNext } from "./prepare.ts";
import type { SenderState } from "./state.ts";
import { broadcastNewest, isUnmined, type SenderStep, type SenderTurn } from "./step.ts";
import { onAccepted, onHead, onMissing, onReceipt } from "./track.ts";

/**
 * Takes a wish to call a contract. The id is the caller's: the same id again changes nothing, also after the intent's end.
 * Rejected with `resourceExhausted` when too many wait.
 */
export function intend(
  state: SenderState,
  wish: { readonly intentId: string; readonly call: ChainCall },
  turn: SenderTurn,
): Outcome {
  const { ledger } = state;
  if (ledger.intents.has(wish.intentId) || ledger.finished.has(wish.intentId)) return accepted();
  if (ledger.intents.size >= ledger.config.intentsMax) {
    return rejected(
      "resourceExhausted",
      `${ledger.intents.size} transactions wait already; try again when some are mined`,
    );
  }
  turn.record({ type: "transactionIntended", intentId: wish.intentId, call: wish.call });
  prepareNext({ state, turn, changes: [] });
  return accepted();
}

/** Takes one input; returns the steps that intents made, in order. */
export function decideSender(state: SenderState, input: SenderInput, turn: SenderTurn): readonly IntentChange[] {
  const step: SenderStep = { state, turn, changes: [] };
  switch (input.type) {
    case "headSeen":
      onHead(step, input);
      break;
    case "transactionPrepared":
      onPrepared(step, input);
      break;
    case "transactionRefused":
      onRefused(step, input);
      break;
    case "transactionAccepted":
      onAccepted(step, input.hash);
      break;
    case "transactionUnsent":
      // Forgetting when it was sent makes it late at the next head.
      state.presence.sentAt.delete(input.hash);
      break;
    case "receiptSeen": {
      const { type: _, ...receipt } = input;
      onReceipt(step, receipt);
      break;
    }
    case "receiptMissing":
      onMissing(step, input.hash);
      break;
    case "senderWoken":
      prepareNext(step);
      break;
    default:
      assertNever(input, "sender input");
  }
  return step.changes;
}

/** After recovery: sends again what was signed. Preparations wait for the first head, which also asks for receipts. */
export function resumeSender(state: SenderState, turn: SenderTurn): void {
  const step: SenderStep = { state, turn, changes: [] };
  for (const intent of state.ledger.intents.values()) if (isUnmined(intent)) broadcastNewest(step, intent.attempts);
  prepareNext(step);
}

/** When time alone matters: after a node could not be asked. Then `senderWoken` is due. */
export function wakeSender(state: SenderState): Millis | null {
  if (state.presence.preparing !== null) return null;
  for (const intent of state.ledger.intents.values())
    if (intent.status === "intended") return earliest(state.presence.retryAt, null);
  return null;
}
