// Money that waits in the court, on its way to whom it belongs.
import { present } from "@starling/kernel";
import type { CreditFact } from "../fact.ts";
import type { CoordinatorState } from "../state.ts";

/** Applies what was handed to the sender, and what came back refused. */
export function evolveCredit({ ledger }: CoordinatorState, fact: CreditFact): void {
  const credit = present(ledger.credits.get(fact.account), `credit of ${fact.account}`);
  if (fact.type === "creditIntended") {
    credit.intents += 1;
    credit.intentId = fact.intentId;
    credit.retryAt = null;
    return;
  }
  credit.intentId = null;
  credit.retryAt = fact.retryAt;
}
