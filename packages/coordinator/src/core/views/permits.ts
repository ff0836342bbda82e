// Permits of a payer whose transactions are not mined, as far as this coordinator knows.
import type { Address, JobSubmission } from "@starling/protocol";
import type { CoordinatorState } from "../state.ts";

/** Submissions of the payer that bring their own money and wait for it, in the order in which they came. */
export function unfundedSubmissions(state: CoordinatorState, payer: Address): readonly JobSubmission[] {
  const found: JobSubmission[] = [];
  for (const escrow of state.ledger.escrows.values()) {
    if (escrow.payer !== payer) continue;
    for (const jobId of escrow.openJobs.keys()) {
      const job = state.ledger.jobs.get(jobId);
      if (job === undefined || job.funded || job.funding === "reserved") continue;
      if (job.submission.permit !== null) found.push(job.submission);
    }
  }
  return found;
}
