// Answers behind which no pledge stands must be checked, each of them: they are asked for only while money for their checks is left.
import { stepKey } from "../indexes/index-state.ts";
import type { Job, Task } from "../ledger/job.ts";
import type { Worker } from "../ledger/worker.ts";
import { paysStrangersCheck } from "../money/checks.ts";
import { longestSpanMs } from "../money/clock.ts";
import type { CoordinatorState } from "../state.ts";
import { backs } from "../verification/backing.ts";
import { lookAgain, type Search } from "./placement.ts";

/**
 * The workers that may take the lease now: of a task that nobody has answered, while the budget holds no money to check one more answer of
 * somebody without a pledge, those who have pledged; and all again when none of these was at work for too long.
 */
export function coveredWorkers(
  state: CoordinatorState,
  task: Task,
  { workers, search }: { readonly workers: readonly Worker[]; readonly search: Search },
): readonly Worker[] {
  const { job } = search.opening;
  const { now } = search.turn;
  if (workers.length === 0 || !isFresh(job, task)) return workers;
  const backed = workers.filter((worker) => backs(state, job, worker));
  if (backed.length === workers.length) return workers;
  if (paysStrangersCheck(state, job)) {
    state.presence.heldBack.delete(job.jobId);
    return workers;
  }
  if (!state.presence.heldBack.has(job.jobId)) state.presence.heldBack.set(job.jobId, now);
  const until = heldBackUntil(state, job, now);
  if (until <= now) return workers;
  lookAgain(state, stepKey(task.jobId, task.step), Math.min(until, now + state.config.policy.avoidMs));
  return backed;
}

function isFresh({ replicas }: Job, { result, resolver }: Task): boolean {
  return replicas === 1 && result === null && resolver === "agreement";
}

/** Whether a worker would be kept from a fresh task of the job now, since nobody could pay the check of its answer. */
export function isHeldBack(
  state: CoordinatorState,
  worker: Worker,
  { job, task, now }: { readonly job: Job; readonly task: Task | undefined; readonly now: number },
): boolean {
  if (task === undefined || !isFresh(job, task) || backs(state, job, worker)) return false;
  return !paysStrangersCheck(state, job) && heldBackUntil(state, job, now) > now;
}

/**
 * Until when those without a pledge wait for somebody who has one. Later while such a one is at work, since his next result is on its way, or
 * while he is idle and the money is in allotments of others, which end.
 */
function heldBackUntil(state: CoordinatorState, job: Job, now: number): number {
  const { strangersWaitMs, allotmentMs } = state.config.policy;
  const since = state.presence.heldBack.get(job.jobId) ?? now;
  const starved = state.presence.starved.get(job.jobId)?.code;
  const isMoneyTied = starved === "noCredit" || starved === "escrowExhausted";
  const freeAt = since + allotmentMs + longestSpanMs(state, job);
  const operators = state.index.shares.get(job.jobId)?.operators;
  let newest = since;
  // Over those who pledged: it costs a stake to make this loop longer.
  for (const operator of state.ledger.escrows.get(job.escrowId)?.chain.pledges.keys() ?? []) {
    const share = operators?.get(operator);
    if (share !== undefined) newest = Math.max(newest, share.live > 0 ? now : share.newestAt);
    if (isMoneyTied && state.presence.idle.of(operator).length > 0) newest = Math.max(newest, freeAt);
  }
  return newest + strangersWaitMs;
}
