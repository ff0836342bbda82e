// Following transactions by nonce and receipt, head by head, until they are deep enough; reorgs lead back.
import { assert } from "@starling/kernel";
import type { HeadSeen } from "../head.ts";
import type { Intent, TransactionReceipt } from "./intent.ts";
import { prepareNext, prepareReplacement } from "./prepare.ts";
import { broadcastNewest, isUnmined, move, type SenderStep } from "./step.ts";

/** How long it is remembered when a transaction was last sent, in blocks: only bounds the memory. */
const sentKeptBlocks = 1_000;

/** A new head: asks for what may have changed, sends again what is late, and starts what may go now. */
export function onHead(step: SenderStep, head: HeadSeen): void {
  const { ledger, presence } = step.state;
  presence.head = { number: head.number, hash: head.hash, accountNonce: head.accountNonce };
  for (const intent of ledger.intents.values()) {
    if (intent.nonce === null) continue;
    presence.missing.delete(intent.intentId);
    if (intent.receipt !== null) step.turn.request({ type: "fetchReceipt", hash: intent.receipt.hash });
    else if (intent.nonce < head.accountNonce)
      for (const { hash } of intent.attempts) step.turn.request({ type: "fetchReceipt", hash });
    else nudge(step, intent, head);
  }
  for (const finished of ledger.finished.values()) {
    // A reorg deeper than our confirmations took back what we had called final: the same bytes make it true again.
    if (finished.nonce === null || finished.nonce < head.accountNonce) continue;
    if (isLate(step, finished.attempts, head)) broadcastNewest(step, finished.attempts);
  }
  for (const [hash, at] of presence.sentAt) if (head.number - at > sentKeptBlocks) presence.sentAt.delete(hash);
  prepareNext(step);
}

// An unmined transaction is sent again now and then; the one that is next in line gets higher fees after a while.
function nudge(step: SenderStep, intent: Intent, head: HeadSeen): void {
  const { config } = step.state.ledger;
  step.state.presence.missingSince.delete(intent.intentId);
  const newest = intent.attempts.at(-1);
  assert(newest !== undefined, `intent ${intent.intentId} has a nonce and no transaction`);
  const old = head.number - newest.headNumber >= config.replaceAfterBlocks;
  if (old && intent.nonce === head.accountNonce && intent.attempts.length < config.attemptsMax) {
    prepareReplacement(step, intent, newest);
  }
  if (isLate(step, intent.attempts, head)) broadcastNewest(step, intent.attempts);
}

function isLate(step: SenderStep, attempts: Intent["attempts"], head: HeadSeen): boolean {
  const newest = attempts.at(-1);
  if (newest === undefined) return false;
  const sentAt = step.state.presence.sentAt.get(newest.hash);
  return sentAt === undefined || Math.abs(head.number - sentAt) >= step.state.ledger.config.rebroadcastAfterBlocks;
}

/** A node took an attempt. */
export function onAccepted(step: SenderStep, hash: TransactionReceipt["hash"]): void {
  const intent = intentOf(step, hash);
  if (intent?.status !== "signed") return;
  move(step, { type: "transactionBroadcast", intentId: intent.intentId, hash }, "broadcast");
}

/** An attempt stands in a block; once that block is deep enough the intent is over. */
export function onReceipt(step: SenderStep, receipt: TransactionReceipt): void {
  const intent = intentOf(step, receipt.hash);
  if (intent === undefined) return;
  const { intentId } = intent;
  const known = intent.receipt;
  if (known !== null && (known.hash !== receipt.hash || known.blockHash !== receipt.blockHash)) {
    move(step, { type: "transactionUnmined", intentId }, "broadcast");
  }
  if (intent.receipt === null) move(step, { type: "transactionMined", intentId, receipt }, "mined");
  step.state.presence.missingSince.delete(intentId);
  const { head } = step.state.presence;
  if (head === null || head.number - receipt.blockNumber + 1 < step.state.ledger.config.confirmations) return;
  if (receipt.succeeded) move(step, { type: "transactionFinal", intentId }, "final");
  else move(step, { type: "transactionFailed", intentId, reason: "reverted when it was mined" }, "failed");
  prepareNext(step);
}

/** An attempt stands in no block. If it stood in one, a reorg took it and it is sent again. */
export function onMissing(step: SenderStep, hash: TransactionReceipt["hash"]): void {
  const intent = intentOf(step, hash);
  if (intent === undefined) return;
  if (intent.receipt?.hash === hash) {
    move(step, { type: "transactionUnmined", intentId: intent.intentId }, "broadcast");
    broadcastNewest(step, intent.attempts);
  } else if (isUnmined(intent)) noteMissing(step, intent, hash);
}

// The nonce is used up but by none of our attempts: another program holds the key. After a while that is final, and the
// intent takes a fresh nonce. Intents are idempotent on chain, so even a mistake here can't pay twice.
function noteMissing(step: SenderStep, intent: Intent, hash: TransactionReceipt["hash"]): void {
  const { presence, ledger } = step.state;
  if (presence.head === null || intent.nonce === null || intent.nonce >= presence.head.accountNonce) return;
  const { intentId } = intent;
  const missing = presence.missing.get(intentId) ?? new Set();
  presence.missing.set(intentId, missing.add(hash));
  if (intent.attempts.some((attempt) => !missing.has(attempt.hash))) return;
  const since = presence.missingSince.get(intentId) ?? presence.head.number;
  presence.missingSince.set(intentId, since);
  if (presence.head.number - since < ledger.config.confirmations + ledger.config.rebroadcastAfterBlocks) return;
  presence.missingSince.delete(intentId);
  move(step, { type: "transactionDisplaced", intentId, accountNonce: presence.head.accountNonce }, "intended");
  prepareNext(step);
}

function intentOf(step: SenderStep, hash: TransactionReceipt["hash"]): Intent | undefined {
  const intentId = step.state.ledger.byHash.get(hash);
  return intentId === undefined ? undefined : step.state.ledger.intents.get(intentId);
}
