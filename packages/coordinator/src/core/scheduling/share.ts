// One operator must not do most of a job, nor all strangers together: what a coalition holds of it is what it can spoil. Caps that never block.
import { checkedFineOf, trustTerms } from "@starling/protocol";
import type { Share, Spread } from "../indexes/shares.ts";
import type { Job } from "../ledger/job.ts";
import type { Worker } from "../ledger/worker.ts";
import type { CoordinatorState } from "../state.ts";

/** Who asks for a part of which job. */
interface Part {
  readonly worker: Worker;
  readonly now: number;
}

/**
 * Whether the worker's operator has had its share of the job, or strangers theirs if it is one, while enough others work on it: they have
 * leases under way, which end by a deadline, or got one a moment ago. When they stop, the cap is gone.
 */
export function hadItsShare(state: CoordinatorState, job: Job, part: Part): boolean {
  const spread = state.index.shares.get(job.jobId);
  if (spread === undefined) return false;
  return hadItsOwn(state, job, { ...part, spread }) || hadTheirs(state, job, { ...part, spread });
}

interface Parted extends Part {
  readonly spread: Spread;
}

// Not held against anybody while an audit is open, which must find an operator soon.
function hadItsOwn(state: CoordinatorState, job: Job, { worker: { operator }, now, spread }: Parted): boolean {
  const own = spread.operators.get(operator);
  if (own === undefined || own.given < mostLeases(state, job) || job.underAudit > 0) return false;
  let others = 0;
  for (const [other, share] of spread.operators) {
    if (other === operator || !isAtWork(state, share, now)) continue;
    others += 1;
    if (others >= state.config.policy.shareOperatorsMin) return true;
  }
  return false;
}

// Names are free, so operators whose pledge would not deter from a single lie that is checked count as one. Their results wait for audits
// by others than them, so open audits are no reason to hear more of them.
function hadTheirs(state: CoordinatorState, job: Job, { worker, now, spread }: Parted): boolean {
  const { shareOperatorsMin, strangersSharePercent } = state.config.policy;
  const pledges = state.ledger.escrows.get(job.escrowId)?.chain.pledges;
  const least = checkedFineOf(trustTerms(job.submission.spec.trust), worker.signed.record.pricePerTask);
  if (pledges === undefined || pledges.size < shareOperatorsMin || (pledges.get(worker.operator) ?? 0n) >= least)
    return false;
  let [others, toOthers] = [0, 0];
  // Over those who pledged: it costs a stake to make this loop longer.
  for (const [operator, pledge] of pledges) {
    const share = pledge < least ? undefined : spread.operators.get(operator);
    if (share === undefined) continue;
    toOthers += share.given;
    if (isAtWork(state, share, now)) others += 1;
  }
  return others >= shareOperatorsMin && (spread.given - toOthers) * 100 >= strangersSharePercent * (spread.given + 1);
}

function isAtWork(state: CoordinatorState, { live, newestAt }: Share, now: number): boolean {
  return live > 0 || newestAt + state.config.policy.avoidMs > now;
}

// Of all replicas that the job is planned with; audits and lost leases come on top and don't make the cap wider.
function mostLeases(state: CoordinatorState, { taskCount, replicas }: Job): number {
  return Math.max(1, Math.ceil((taskCount * replicas * state.config.policy.operatorSharePercent) / 100));
}
