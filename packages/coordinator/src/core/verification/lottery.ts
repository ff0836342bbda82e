// The audit lottery of a job: opened from the journal's sealed secret, drawn over each closed set of first answers.
import { present } from "@starling/kernel";
import {
  type CommitSetItem,
  commitSetHash,
  type Hash,
  isDrawn,
  lotteryTicket,
  openSecret,
  reduceStep,
  shuffle,
  trustTerms,
} from "@starling/protocol";
import type { Lottery } from "../indexes/index-state.ts";
import type { Job, Task } from "../ledger/job.ts";
import type { CoordinatorState } from "../state.ts";

/** The job's secret and the order in which its tasks are handed out. */
export function lotteryOf(state: CoordinatorState, job: Job): Lottery {
  const known = state.index.lotteries.get(job.jobId);
  if (known !== undefined) return known;
  const secret = secretOf(state, job);
  const lottery = { secret, indexAt: secret === null ? byIndex : shuffle(secret, job.taskCount) };
  state.index.lotteries.set(job.jobId, lottery);
  return lottery;
}

function byIndex(position: number): number {
  return position;
}

/** The secret of the job's lottery; null when it was sealed under another key. */
export function secretOf(
  state: CoordinatorState,
  { jobId, submission }: Pick<Job, "jobId" | "submission">,
): Hash | null {
  return openSecret(state.config.lotteryKey, jobId, submission.lottery);
}

/** Where a task's ticket stands: map tasks by index, reduce last. */
export function ticketPosition(job: Job, task: Task): number {
  return task.step === reduceStep ? job.taskCount : task.index;
}

/** Whether the lottery has the result of this set run once more. Without the secret everything is. */
export function drawnBy(state: CoordinatorState, task: Task, set: CommitSetItem): boolean {
  const job = present(state.ledger.jobs.get(task.jobId), `job ${task.jobId}`);
  const { secret } = lotteryOf(state, job);
  if (secret === null) return true;
  const { auditPpm } = trustTerms(job.submission.spec.trust);
  return isDrawn(lotteryTicket(secret, ticketPosition(job, task)), commitSetHash(set), auditPpm);
}

/** Whether the task is among the first of a job without replicas. */
export function isCanary(state: CoordinatorState, job: Job, task: Task): boolean {
  if (job.replicas > 1 || task.step === reduceStep) return false;
  const { indexAt } = lotteryOf(state, job);
  const count = Math.min(state.config.policy.canaries, job.taskCount);
  for (let position = 0; position < count; position += 1) if (indexAt(position) === task.index) return true;
  return false;
}
