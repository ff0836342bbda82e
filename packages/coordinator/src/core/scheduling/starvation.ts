// Why money keeps a job from workers, remembered so that it can be explained.
import type { JobId } from "@starling/protocol";
import type { Escrow } from "../ledger/escrow.ts";
import type { CoordinatorState, Starvation } from "../state.ts";

/** Remembers the reason, and since when there is one. */
export function noteStarved(state: CoordinatorState, jobId: JobId, { code, since }: Starvation): void {
  const known = state.presence.starved.get(jobId);
  state.presence.starved.set(jobId, { code, since: known?.since ?? since });
}

/** Whether a job waits for money that other workers hold. */
export function isStarved(state: CoordinatorState, escrow: Escrow): boolean {
  for (const jobId of escrow.openJobs.keys()) {
    if (state.presence.starved.get(jobId)?.code === "escrowExhausted") return true;
  }
  return false;
}
