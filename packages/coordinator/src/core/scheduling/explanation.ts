// Why something waits, as data: what for, since when, until when, who owes the next step, and what would change it.
import type { JobId } from "@starling/protocol";
import type { CoordinatorState } from "../state.ts";
import type { JobExplanation } from "../views/types.ts";

/** Everything in a job that waits; null when the job is unknown. */
export function explainJob(state: CoordinatorState, jobId: JobId): JobExplanation | null {
  const job = state.ledger.jobs.get(jobId);
  if (job === undefined) return null;
  return {
    jobId,
    state: job.state,
    reason: job.reason,
    workersKnown: state.ledger.workers.size,
    workersConnected: 0,
    waits: [],
  };
}
