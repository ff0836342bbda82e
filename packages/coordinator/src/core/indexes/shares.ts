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

/** How a job's leases are spread. */
export interface Spread {
  readonly operators: Map<Address, Share>;
  /** Leases that were given and not lost, to anybody. */
  given: number;
}

/** By job that is open. */
export type Shares = Map<JobId, Spread>;

/** A lease that is live was made, or found in a ledger that was restored. */
export function shareBegan(state: CoordinatorState, lease: Lease): void {
  const share = given(state, lease, 1);
  if (share !== null) share.live += 1;
}

/** A live lease was answered or lost. */
export function shareEnded(state: CoordinatorState, lease: Lease): void {
  const share = given(state, lease, isLost(lease.state) ? -1 : 0);
  if (share !== null) share.live -= 1;
}

/** Leases of a restored ledger that have ended count as given; live ones are counted where they are filed. */
export function restoreShares(state: CoordinatorState): void {
  for (const lease of state.ledger.leases.values())
    if (!isLive(lease.state) && !isLost(lease.state)) given(state, lease, 1);
}

// Counts so many leases more. Referees are the payer's own: they are no part of what others could spoil.
function given(state: CoordinatorState, lease: Lease, more: 1 | 0 | -1): Share | null {
  const { jobId, operator, role } = lease;
  const job = state.ledger.jobs.get(jobId);
  if (role === "referee" || job === undefined || isJobOver(job.state)) return null;
  const { shares } = state.index;
  const spread = shares.get(jobId) ?? { operators: new Map<Address, Share>(), given: 0 };
  shares.set(jobId, spread);
  const share = spread.operators.get(operator) ?? { given: 0, live: 0, newestAt: 0 };
  spread.operators.set(operator, share);
  spread.given += more;
  share.given += more;
  if (more > 0) share.newestAt = Math.max(share.newestAt, lease.offeredAt);
  return share;
}
