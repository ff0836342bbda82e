// The only writer of a sender's durable part: applies one fact and decides nothing.
import { assert, assertNever, present, transition } from "@starling/kernel";
import { type FinishedIntent, type Intent, intentLifecycle } from "./intent.ts";
import type { SenderFact } from "./messages.ts";
import type { SenderLedger } from "./state.ts";

/** Finished intents whose signed bytes are kept, so that a deep reorg can be healed by sending them again. */
const keptBytes = 64;

/** Applies a fact to the ledger in place. */
export function evolveSender(ledger: SenderLedger, fact: SenderFact): void {
  if (fact.type === "transactionIntended") {
    const { intentId, call } = fact;
    assert(!ledger.intents.has(intentId), `intent ${intentId} exists already`);
    ledger.intents.set(intentId, { intentId, call, status: "intended", nonce: null, attempts: [], receipt: null });
    return;
  }
  const intent = present(ledger.intents.get(fact.intentId), `intent ${fact.intentId}`);
  switch (fact.type) {
    case "transactionSigned":
      sign(ledger, intent, fact);
      break;
    case "transactionBroadcast":
      become(intent, "broadcast");
      break;
    case "transactionMined":
      become(intent, "mined");
      intent.receipt = fact.receipt;
      break;
    case "transactionUnmined":
      become(intent, "broadcast");
      intent.receipt = null;
      break;
    case "transactionDisplaced":
      become(intent, "intended");
      ledger.nextNonce = Math.max(ledger.nextNonce, fact.accountNonce);
      for (const { hash } of intent.attempts) ledger.byHash.delete(hash);
      intent.attempts = [];
      intent.nonce = null;
      break;
    case "transactionFinal":
      finish(ledger, intent, { status: "final", reason: "" });
      break;
    case "transactionFailed":
      finish(ledger, intent, { status: "failed", reason: fact.reason });
      break;
    default:
      assertNever(fact, "sender fact");
  }
}

function become(intent: Intent, status: Intent["status"]): void {
  transition(intentLifecycle, intent.status, status);
  intent.status = status;
}

function sign(
  ledger: SenderLedger,
  intent: Intent,
  fact: Extract<SenderFact, { readonly type: "transactionSigned" }>,
): void {
  if (intent.nonce === null) become(intent, "signed");
  else assert(intent.nonce === fact.nonce, `a replacement of ${intent.intentId} must keep its nonce ${intent.nonce}`);
  const { hash, raw, gasLimit, fees, headNumber } = fact;
  intent.nonce = fact.nonce;
  // The same bytes may be signed again after a restart; they are one attempt.
  if (!ledger.byHash.has(hash)) intent.attempts.push({ hash, raw, gasLimit, fees, headNumber });
  ledger.byHash.set(hash, intent.intentId);
  ledger.nextNonce = Math.max(ledger.nextNonce, fact.nonce + 1);
}

function finish(ledger: SenderLedger, intent: Intent, end: Pick<FinishedIntent, "status" | "reason">): void {
  transition(intentLifecycle, intent.status, end.status);
  const { intentId, nonce, receipt } = intent;
  ledger.intents.delete(intentId);
  for (const { hash } of intent.attempts) ledger.byHash.delete(hash);
  const mined = intent.attempts.filter((attempt) => attempt.hash === receipt?.hash);
  ledger.finished.set(intentId, { intentId, nonce, receipt, attempts: mined, ...end });
  forgetOld(ledger);
}

// Bytes go after a few dozen, the rest after thousands: both ends of the memory stay bounded.
function forgetOld(ledger: SenderLedger): void {
  const ids = [...ledger.finished.keys()];
  const stale = ids[ids.length - 1 - keptBytes];
  const old = stale === undefined ? undefined : ledger.finished.get(stale);
  if (old !== undefined) ledger.finished.set(old.intentId, { ...old, attempts: [] });
  const [oldest] = ids;
  if (ids.length > ledger.config.finishedMax && oldest !== undefined) ledger.finished.delete(oldest);
}
