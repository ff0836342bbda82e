// Permits of a payer whose transactions are not mined, as far as this coordinator knows.
import type { Address, JobId, JobSubmission } from "@starling/protocol";
import { isUnderWay } from "../money/bridge.ts";
import { fundingIntent } from "../money/funding.ts";
import type { CoordinatorState } from "../state.ts";

/** Submissions of the payer that bring their own money and wait for it, also of jobs that were cancelled since their transaction was sent. */
export function unfundedSubmissions(state: CoordinatorState, payer: Address): readonly JobSubmission[] {
  const { escrows, jobs } = state.ledger;
  const open = new Set<JobId>();
  for (const escrow of escrows.values()) {
    if (escrow.payer === payer) for (const jobId of escrow.openJobs.keys()) open.add(jobId);
  }
  const found: JobSubmission[] = [];
  for (const [jobId, job] of jobs) {
    const { permit, payer: owner } = job.submission;
    if (owner !== payer || permit === null || job.funded || job.funding === "reserved") continue;
    if (open.has(jobId) || isUnderWay(state, fundingIntent(job))) found.push(job.submission);
  }
  return found;
}
