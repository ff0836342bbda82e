// Read model of what the attempts of a job used.
import type { JobId } from "@starling/protocol";
import type { StepUsage } from "../ledger/usage.ts";
import type { CoordinatorState } from "../state.ts";
import { type Suggestion, suggestionsFor } from "./suggestion.ts";

/** By step, the map step first, and what should be asked for next time. Claims of workers, all of it. */
export interface JobUsageView {
  readonly steps: readonly { readonly step: string; readonly used: Readonly<StepUsage> }[];
  readonly suggestions: readonly Suggestion[];
}

/** Empty where no attempt has ended. */
export function jobUsageView(state: CoordinatorState, jobId: JobId): JobUsageView {
  const job = state.ledger.jobs.get(jobId);
  if (job?.usage === undefined) return { steps: [], suggestions: [] };
  const steps = [...job.usage].sort(([a], [b]) => (a < b ? -1 : 1)).map(([step, used]) => ({ step, used }));
  return { steps, suggestions: suggestionsFor(job.submission.spec, job.usage) };
}
