// Applies the facts of vouchers, of credits and of the hot key's transactions.
import { assertNever } from "@starling/kernel";
import { evolveSender } from "@starling/settlement";
import { creditIdOf } from "../credits/credit.ts";
import type { WorkerFact } from "../fact.ts";
import type { WorkerLedger } from "../state.ts";

/** The facts that `evolveClaims` applies. */
export type ClaimFact = Extract<
  WorkerFact,
  { readonly type: "voucherHeld" | "redemptionIntended" | "voucherOver" | "withdrawalIntended" | "sender" }
>;

/** Applies one of them in place. */
export function evolveClaims(ledger: WorkerLedger, fact: ClaimFact): void {
  switch (fact.type) {
    case "voucherHeld": {
      const { escrowId, coordinator, cumulative, signature } = fact;
      ledger.vouchers.set(escrowId, { coordinator, cumulative, signature });
      return;
    }
    case "redemptionIntended":
      ledger.redemptions.set(fact.escrowId, fact.intentId);
      return;
    case "voucherOver":
      ledger.vouchers.delete(fact.escrowId);
      ledger.earned.delete(fact.escrowId);
      ledger.redemptions.delete(fact.escrowId);
      return;
    case "withdrawalIntended":
      ledger.withdrawals.set(creditIdOf(fact), fact.intentId);
      return;
    case "sender":
      evolveSender(ledger.sender, fact.fact);
      return;
    default:
      assertNever(fact, "claim fact");
  }
}
