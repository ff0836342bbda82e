// What must hold after every turn: asserted in tests and in the simulator, so each line says what is broken, and where.
import { booksViolations, indexerViolations, senderViolations } from "@starling/settlement";
import { evidenceViolations } from "./invariants/evidence.ts";
import { moneyViolations } from "./invariants/money.ts";
import { observedViolations } from "./invariants/observed.ts";
import { indexViolations } from "./invariants/presence.ts";
import { settlementViolations } from "./invariants/result.ts";
import { taskViolations } from "./invariants/task.ts";
import { usageViolations } from "./invariants/usage.ts";
import { bookDifferences } from "./money/reconcile.ts";
import type { CoordinatorState } from "./state.ts";

/** Lists every broken invariant, empty when all hold. */
export function violations(state: CoordinatorState): readonly string[] {
  const { books, sender, indexer } = state.ledger;
  return [
    ...taskViolations(state),
    ...settlementViolations(state),
    ...usageViolations(state),
    ...observedViolations(state),
    ...evidenceViolations(state),
    ...moneyViolations(state),
    ...indexViolations(state),
    ...booksViolations(books),
    ...bookDifferences(state),
    ...senderViolations(sender),
    ...indexerViolations(indexer),
  ];
}
