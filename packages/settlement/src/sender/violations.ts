// What must hold of a sender after every turn.
import type { SenderLedger } from "./state.ts";

/** Lists every broken invariant of the durable part. */
export function senderViolations(ledger: SenderLedger): readonly string[] {
  const broken: string[] = [];
  const holders = new Map<number, string>();
  for (const intent of ledger.intents.values()) {
    const { intentId, nonce, status, attempts, receipt } = intent;
    if ((nonce === null) !== (status === "intended")) broken.push(`${intentId}: ${status} with nonce ${nonce}`);
    if ((receipt !== null) !== (status === "mined"))
      broken.push(`${intentId}: ${status} and receipt ${receipt?.hash ?? "none"}`);
    if ((attempts.length === 0) !== (nonce === null))
      broken.push(`${intentId}: ${attempts.length} transactions with nonce ${nonce}`);
    if (ledger.finished.has(intentId)) broken.push(`${intentId} is under way and finished`);
    for (const { hash } of attempts)
      if (ledger.byHash.get(hash) !== intentId) broken.push(`${hash} does not lead to ${intentId}`);
    if (nonce === null) continue;
    if (nonce >= ledger.nextNonce) broken.push(`${intentId}: nonce ${nonce} was not handed out`);
    const holder = holders.get(nonce);
    if (holder !== undefined) broken.push(`${intentId} and ${holder} share nonce ${nonce}`);
    holders.set(nonce, intentId);
  }
  if (ledger.intents.size > ledger.config.intentsMax) broken.push(`${ledger.intents.size} intents`);
  return broken;
}
