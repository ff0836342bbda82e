// Rule 6: a lease names its fine, and an operator's fines on results that are not final never exceed what it pledged to the escrow.
import type { Address } from "@starling/protocol";
import type { Job } from "../ledger/job.ts";
import type { CoordinatorState } from "../state.ts";

/** The fine of a new lease, base units: a multiple of the price as far as the pledge reaches, zero without one. */
export function fineFor(
  state: CoordinatorState,
  { job, operator, price }: { readonly job: Job; readonly operator: Address; readonly price: bigint },
): bigint {
  const escrow = state.ledger.escrows.get(job.escrowId);
  const pledged = escrow?.chain.pledges.get(operator) ?? 0n;
  const free = pledged - (escrow?.fines.get(operator) ?? 0n);
  const wanted = price * state.config.policy.fineTimesPrice;
  if (free <= 0n) return 0n;
  return wanted < free ? wanted : free;
}
