// What the court holds for the coordinator and for its payers: bonds, and their parts of fines. Anyone may have it sent to its owner.
import type { Address } from "@starling/protocol";
import { canIntend, intendCall, isUnderWay } from "../money/bridge.ts";
import type { CoordinatorState } from "../state.ts";
import type { CoordinatorTurn } from "../turn.ts";

/** Whether this coordinator looks after the account's money in the court. */
export function isOurAccount({ config, ledger }: CoordinatorState, account: Address): boolean {
  if (account === config.coordinator) return true;
  return [...ledger.escrows.values()].some(({ payer }) => payer === account);
}

/** Sends what waits to those to whom it belongs. */
export function reviewCredits(state: CoordinatorState, turn: CoordinatorTurn): void {
  for (const [account, { amount, intents, intentId, retryAt }] of state.ledger.credits) {
    if (amount === 0n || (intentId !== null && isUnderWay(state, intentId))) continue;
    if ((retryAt !== null && retryAt > turn.now) || !canIntend(state)) continue;
    const next = `credit/${account}/${intents}`;
    turn.record({ type: "creditIntended", account, intentId: next });
    intendCall(state, { intentId: next, call: { kind: "withdrawCredit", account } }, turn);
  }
}

/** It was refused: somebody else may have had it sent, and the next block tells. */
export function creditRefused(
  state: CoordinatorState,
  { account, reason }: { readonly account: Address; readonly reason: string },
  turn: CoordinatorTurn,
): void {
  if (!state.ledger.credits.has(account)) return;
  const retryAt = turn.now + state.config.policy.chainRetryMs;
  const why = { code: "transactionFailed", message: reason };
  turn.record({ type: "creditRefused", account, reason: why, retryAt });
}
