// One operator must not do most of a job: what a coalition holds of it is what it can spoil. A cap that never blocks.
import type { Address } from "@starling/protocol";
import type { Job } from "../ledger/job.ts";
import type { CoordinatorState } from "../state.ts";

/**
 * Whether the operator has had its share of the job, while enough others work on it: they have leases under way, which end by a deadline,
 * or got one a moment ago. When they stop, the cap is gone. It is not held against anybody while an audit is open, which must find an
 * operator soon.
 */
export function hadItsShare(
  state: CoordinatorState,
  job: Job,
  { operator, now }: { readonly operator: Address; readonly now: number },
): boolean {
  const shares = state.index.shares.get(job.jobId);
  const own = shares?.get(operator);
  if (shares === undefined || own === undefined || own.given < mostLeases(state, job) || job.underAudit > 0)
    return false;
  const { shareOperatorsMin, avoidMs } = state.config.policy;
  let others = 0;
  for (const [other, { live, newestAt }] of shares) {
    if (other === operator || (live === 0 && newestAt + avoidMs <= now)) continue;
    others += 1;
    if (others >= shareOperatorsMin) return true;
  }
  return false;
}

// Of all replicas that the job is planned with; audits and lost leases come on top and don't make the cap wider.
function mostLeases(state: CoordinatorState, { taskCount, replicas }: Job): number {
  return Math.max(1, Math.ceil((taskCount * replicas * state.config.policy.operatorSharePercent) / 100));
}
