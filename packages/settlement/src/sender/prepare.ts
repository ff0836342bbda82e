// Handing out nonces: one preparation at a time, and a nonce is taken only by a transaction that was simulated and signed.
import type { Attempt, GasFees, Intent } from "./intent.ts";
import type { SenderInput } from "./messages.ts";
import type { SenderState } from "./state.ts";
import { broadcastNewest, isUnmined, move, type SenderStep, unminedCount } from "./step.ts";

type Prepared = Extract<SenderInput, { readonly type: "transactionPrepared" }>;
type Refused = Extract<SenderInput, { readonly type: "transactionRefused" }>;

/** Asks for the next transaction, if none is being prepared and one may go. */
export function prepareNext(step: SenderStep): void {
  const { ledger, presence } = step.state;
  if (presence.preparing !== null || presence.head === null) return;
  if (presence.retryAt !== null && step.turn.now < presence.retryAt) return;
  presence.retryAt = null;
  const unmined = unminedCount(step.state);
  if (unmined >= ledger.config.inFlightMax) return;
  const intent = nextIntended(step.state, unmined);
  if (intent === undefined) return;
  const nonce = Math.max(presence.head.accountNonce, ledger.nextNonce);
  presence.preparing = { intentId: intent.intentId, nonce };
  const { intentId, call } = intent;
  step.turn.request({ type: "prepareTransaction", intentId, call, nonce, feeFloor: null, gasLimit: null });
}

// What was refused at this head comes after what was not: the same state gives the same answer, and one sick intent must not
// hold up the others. While something is unmined it even waits for another head.
function nextIntended(state: SenderState, unmined: number): Intent | undefined {
  const { ledger, presence } = state;
  let doubted: Intent | undefined;
  for (const intent of ledger.intents.values()) {
    if (intent.status !== "intended") continue;
    if (presence.doubted.get(intent.intentId) !== presence.head?.number) return intent;
    doubted ??= intent;
  }
  return unmined === 0 ? doubted : undefined;
}

/** Signs the transaction that is next in line once more, with both fees raised by an eighth, since it is not mined in time. */
export function prepareReplacement(step: SenderStep, intent: Intent, newest: Attempt): void {
  const { presence } = step.state;
  if (presence.preparing !== null || intent.nonce === null) return;
  presence.preparing = { intentId: intent.intentId, nonce: intent.nonce };
  step.turn.request({
    type: "prepareTransaction",
    intentId: intent.intentId,
    call: intent.call,
    nonce: intent.nonce,
    feeFloor: raisedFees(newest.fees),
    gasLimit: newest.gasLimit,
  });
}

/** Both fees times 1.125, rounded up: nodes ask for at least a tenth more on both before they replace a transaction. */
function raisedFees(fees: GasFees): GasFees {
  const raised = (fee: bigint): bigint => (fee * 9n + 7n) / 8n;
  return { maxFeePerGas: raised(fees.maxFeePerGas), maxPriorityFeePerGas: raised(fees.maxPriorityFeePerGas) };
}

/** A transaction was signed: it is recorded, and then sent. */
export function onPrepared(step: SenderStep, input: Prepared): void {
  const intent = answered(step, input);
  if (intent === undefined) return;
  const first = intent.status === "intended";
  const replacement = isUnmined(intent) && intent.nonce === input.nonce;
  step.state.presence.doubted.delete(intent.intentId);
  if (first || replacement) {
    const { intentId, nonce, hash, raw, gasLimit, fees } = input;
    const headNumber = step.state.presence.head?.number ?? 0;
    const fact = { type: "transactionSigned", intentId, nonce, hash, raw, gasLimit, fees, headNumber } as const;
    if (first) move(step, fact, "signed");
    else step.turn.record(fact);
    broadcastNewest(step, intent.attempts);
  }
  prepareNext(step);
}

/** A transaction was not signed. A refusal is believed only when no earlier transaction of ours could still change the answer. */
export function onRefused(step: SenderStep, input: Refused): void {
  const intent = answered(step, input);
  if (intent === undefined) return;
  const { presence, ledger } = step.state;
  const { intentId } = intent;
  const asksAgain = input.transient || intent.status !== "intended";
  if (asksAgain) presence.retryAt = step.turn.now + ledger.config.retryMs;
  if (asksAgain || unminedCount(step.state) > 0) presence.doubted.set(intentId, presence.head?.number ?? 0);
  else {
    presence.doubted.delete(intentId);
    move(step, { type: "transactionFailed", intentId, reason: input.reason }, "failed");
  }
  prepareNext(step);
}

// Ends the preparation that this input answers; an answer to an older question is ignored.
function answered(step: SenderStep, input: Prepared | Refused): Intent | undefined {
  const { presence, ledger } = step.state;
  const asked = presence.preparing;
  if (asked === null || asked.intentId !== input.intentId || asked.nonce !== input.nonce) return undefined;
  presence.preparing = null;
  const intent = ledger.intents.get(input.intentId);
  if (intent === undefined) prepareNext(step);
  return intent;
}
