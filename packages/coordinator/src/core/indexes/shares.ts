// How a job's leases are spread over operators: what the cap on one operator's share is held against.
import type { Millis } from "@starling/kernel";
import type { Address, JobId } from "@starling/protocol";
import type { Lease } from "../ledger/lease.ts";
import { isJobOver, isLive, isLost } from "../lifecycle/tables.ts";
import type { CoordinatorState } from "../state.ts";

/** One operator's part of a job. */
export interface Share {
  /** Leases that it got and did not lose. */
  given: number;
  /** Those whose answer is still to come. */
  live: number;
  /** When it got its newest. */
  newestAt: Millis;
}

/** By job that is open, and operator. */
export type Shares = Map<JobId, Map<Address, Share>>;

/** A lease that is live was made, or found in a ledger that was restored. */
export function shareBegan(state: CoordinatorState, lease: Lease): void {
  const share = shareOf(state, lease);
  if (share === null) return;
  share.given += 1;
  share.live += 1;
  share.newestAt = Math.max(share.newestAt, lease.offeredAt);
}

/** A live lease was answered or lost. */
export function shareEnded(state: CoordinatorState, lease: Lease): void {
  const share = shareOf(state, lease);
  if (share === null) return;
  share.live -= 1;
  if (isLost(lease.state)) share.given -= 1;
}

/** Leases of a restored ledger that have ended count as given; live ones are counted where they are filed. */
export function restoreShares(state: CoordinatorState): void {
  for (const lease of state.ledger.leases.values()) {
    if (isLive(lease.state) || isLost(lease.state)) continue;
    const share = shareOf(state, lease);
    if (share === null) continue;
    share.given += 1;
    share.newestAt = Math.max(share.newestAt, lease.offeredAt);
  }
}

// Referees are the payer's own: they are no part of what others could spoil.
function shareOf(state: CoordinatorState, { jobId, operator, role }: Lease): Share | null {
  const job = state.ledger.jobs.get(jobId);
  if (role === "referee" || job === undefined || isJobOver(job.state)) return null;
  const { shares } = state.index;
  const ofJob = shares.get(jobId) ?? new Map<Address, Share>();
  shares.set(jobId, ofJob);
  const share = ofJob.get(operator) ?? { given: 0, live: 0, newestAt: 0 };
  ofJob.set(operator, share);
  return share;
}
