// Rule 6: a lease names its fine, and an operator's fines on results that are not settled never exceed what it pledged to the escrow.
import { type Address, checkedFineOf, fineOf, trustTerms } from "@starling/protocol";
import type { Job } from "../ledger/job.ts";
import type { CoordinatorState } from "../state.ts";

/** On which terms a lease may be made. */
export interface Admission {
  /** Base units. */
  readonly fine: bigint;
  /** The pledge does not reach: its result is audited whatever the lottery says, so that a smaller fine deters as much. */
  readonly checked: boolean;
}

/** The fine of a new lease by what the operator's pledge to the escrow still covers. */
export function admissionOf(
  state: CoordinatorState,
  { job, operator, price }: { readonly job: Job; readonly operator: Address; readonly price: bigint },
): Admission {
  const escrow = state.ledger.escrows.get(job.escrowId);
  const free = (escrow?.chain.pledges.get(operator) ?? 0n) - (escrow?.fines.get(operator) ?? 0n);
  const terms = trustTerms(job.submission.spec.trust);
  const fine = fineOf(terms, price);
  if (fine <= free) return { fine, checked: false };
  const least = checkedFineOf(terms, price);
  return { fine: free <= 0n ? 0n : least < free ? least : free, checked: true };
}
