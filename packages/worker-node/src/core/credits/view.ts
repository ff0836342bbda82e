// What waits in contracts for the worker and its operator, in words that an owner can act on.
import { assertNever } from "@starling/kernel";
import { type Address, formatAmount } from "@starling/protocol";
import { gasMessage } from "../claims/view.ts";
import type { WorkerState } from "../state.ts";
import type { CreditKeeper, SeenCredit } from "./credit.ts";
import { type CreditStanding, creditStanding } from "./standing.ts";

/** One credit. Base units. */
export interface CreditView {
  readonly keeper: CreditKeeper;
  readonly account: Address;
  readonly amount: bigint;
  readonly state: CreditStanding;
  readonly message: string;
}

/** All credits that are not zero, as last read. */
export function creditsView(state: WorkerState): readonly CreditView[] {
  return [...state.presence.credits.values()]
    .filter(({ amount }) => amount > 0n)
    .map((credit) => {
      const { keeper, account, amount } = credit;
      const standing = creditStanding(state, credit);
      return { keeper, account, amount, state: standing, message: messageOf(state, credit, standing) };
    });
}

function messageOf(state: WorkerState, { amount }: SeenCredit, standing: CreditStanding): string {
  switch (standing) {
    case "withdraws":
      return `${formatAmount(amount)} are about to be withdrawn`;
    case "underWay":
      return "a withdrawal is under way";
    case "belowMinimum":
      return `${formatAmount(amount)} are left alone until they are --redeem-min, ${formatAmount(state.config.policy.redeemMin)}`;
    case "noGas":
      return gasMessage(state, "withdraw");
    case "refusedLately":
      return "a withdrawal was refused; it is tried again";
    default:
      return assertNever(standing, "standing of a credit");
  }
}
