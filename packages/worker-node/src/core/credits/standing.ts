// Whether a credit is withdrawn now, and why not. The measure is that of redemptions: an owner sets one least amount for both.
import { hasGas } from "../claims/standing.ts";
import type { WorkerState } from "../state.ts";
import { creditIdOf, type SeenCredit } from "./credit.ts";

/** What becomes of a credit. */
export type CreditStanding = "withdraws" | "underWay" | "belowMinimum" | "noGas" | "refusedLately";

/** Judges a credit that is not zero. */
export function creditStanding(state: WorkerState, credit: SeenCredit): CreditStanding {
  const { config, presence } = state;
  if (isUnderWay(state, credit)) return "underWay";
  if (credit.amount < config.policy.redeemMin) return "belowMinimum";
  const refusedAt = presence.creditRefusedAt.get(creditIdOf(credit));
  const retrySeconds = config.policy.redeemRetryMs / 1_000;
  if (refusedAt !== undefined && (presence.headSeconds ?? 0) < refusedAt + retrySeconds) return "refusedLately";
  return hasGas(state) ? "withdraws" : "noGas";
}

// Also one whose block was not read yet: what it took is still in the credit.
function isUnderWay({ ledger }: WorkerState, credit: SeenCredit): boolean {
  const intentId = ledger.withdrawals.get(creditIdOf(credit));
  if (intentId === undefined) return false;
  if (ledger.sender.intents.has(intentId)) return true;
  const receipt = ledger.sender.finished.get(intentId)?.receipt ?? null;
  return receipt !== null && receipt.blockNumber > credit.readAtBlock;
}
