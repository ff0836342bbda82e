// What must hold after every turn.
import { booksViolations, indexerViolations, senderViolations } from "@starling/settlement";
import { bookDifferences } from "./money/reconcile.ts";
import type { CoordinatorState } from "./state.ts";

/** Lists every broken invariant, empty when all hold. */
export function violations(state: CoordinatorState): readonly string[] {
  const { books, sender, indexer } = state.ledger;
  return [
    ...booksViolations(books),
    ...senderViolations(sender),
    ...indexerViolations(indexer),
    ...bookDifferences(state),
  ];
}
