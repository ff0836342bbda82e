// Jobs: submission, their window of tasks, and their end.
import { accepted, type Outcome, rejected } from "@starling/kernel";
import { type JobId, type JobSubmission, limits, mapStep, reduceStep, taskCount, trustTerms } from "@starling/protocol";
import type { Reason } from "../fact.ts";
import { stepKey } from "../indexes/index-state.ts";
import type { CoordinatorInput } from "../input.ts";
import { type Job, openAudit, type Task } from "../ledger/job.ts";
import { wantCreditAhead } from "../money/allotment.ts";
import { minimumBudget, planFunding, requestFunding } from "../money/funding.ts";
import type { CoordinatorState } from "../state.ts";
import type { CoordinatorTurn } from "../turn.ts";
import { missAudit, reviewResult } from "../verification/audit.ts";
import { lotteryOf, secretOf } from "../verification/lottery.ts";
import { closeDesk } from "../verification/tickets.ts";
import { isJobOver, isTaskOver } from "./tables.ts";
import { cancelTask, closeLeases, tasksOf } from "./task.ts";

type Of<T extends CoordinatorInput["type"]> = Extract<CoordinatorInput, { type: T }>;

/** A payer submits. The same key with the same content is the same job; everything else is checked before anything is spent. */
export function jobSubmitted(
  state: CoordinatorState,
  { submission }: Of<"jobSubmitted">,
  turn: CoordinatorTurn,
): Outcome {
  const { jobId } = submission;
  const known = state.ledger.jobs.get(jobId);
  if (known !== undefined) {
    if (isSame(known.submission, submission)) return accepted({ jobId, duplicate: true });
    return rejected("idempotencyConflict", "another job was submitted under this idempotency key; use a new key");
  }
  const refusal = refusalOf(state, submission, turn.now);
  if (refusal !== null) return refusal;
  const plan = planFunding(state, submission, turn.now);
  if ("ok" in plan) return plan;
  const { escrowId, funding, deadlineAt } = plan;
  const at = turn.now;
  if (funding === "create") turn.record({ type: "escrowOpened", escrowId, payer: submission.payer, at });
  turn.record({
    type: "jobAccepted",
    submission,
    taskCount: taskCount(submission.spec.each),
    replicas: trustTerms(submission.spec.trust).replicas,
    escrowId,
    funding,
    deadlineAt,
    traceId: turn.random("trace").hex(16),
    at,
  });
  const job = state.ledger.jobs.get(jobId);
  if (job === undefined) return accepted({ jobId, duplicate: false });
  if (funding === "reserved") {
    turn.record({ type: "jobFunded", jobId, at });
    wantCreditAhead(state, job, turn);
  } else {
    requestFunding(state, job, turn);
  }
  turn.changed.jobs.add(jobId);
  turn.changed.escrows.add(escrowId);
  return accepted({ jobId, duplicate: false });
}

// What a second submission must repeat to be the same job. Not the deadline: authors write a duration, whose end moves with each submission.
function isSame(a: JobSubmission, b: JobSubmission): boolean {
  return (
    a.payer === b.payer &&
    a.specHash === b.specHash &&
    a.order.budget === b.order.budget &&
    a.perTaskMax === b.perTaskMax
  );
}

function refusalOf(state: CoordinatorState, submission: JobSubmission, now: number): Outcome | null {
  const { spec, order, deadlineAt, payer } = submission;
  if (order.coordinator !== state.config.coordinator) {
    return rejected("wrongCoordinator", `the order names ${order.coordinator}, this is ${state.config.coordinator}`);
  }
  if (deadlineAt <= now)
    return rejected("deadlinePassed", "the deadline has passed", [{ field: "deadline", description: "has passed" }]);
  const tasks = taskCount(spec.each);
  if (tasks < 1 || tasks > limits.tasks) {
    return rejected("tooLarge", `a job has 1 to ${limits.tasks} tasks, this one ${tasks}`, [
      { field: "each", description: "has too many items" },
    ]);
  }
  if (secretOf(state, { jobId: submission.jobId, submission }) === null) {
    return rejected("badLottery", "the lottery's secret is not sealed under this coordinator's key");
  }
  const open = state.index.openJobsOfPayer.get(payer) ?? 0;
  if (open >= state.config.policy.openJobsPerPayerMax) {
    return rejected("quotaExceeded", `${open} jobs of this payer are open; wait for one to end`);
  }
  const minimum = minimumBudget(submission);
  if (order.budget >= minimum) return null;
  const message = `${tasks} tasks at up to ${submission.perTaskMax} need ${minimum}, the budget is ${order.budget}: ${minimum - order.budget} short`;
  return rejected("budgetTooSmall", message, [
    { field: "budget.max", description: `is ${minimum - order.budget} base units short` },
  ]);
}

/** The payer cancels: leases are revoked, what was accepted stays owed. */
export function jobCancelled(state: CoordinatorState, input: Of<"jobCancelled">, turn: CoordinatorTurn): Outcome {
  const job = state.ledger.jobs.get(input.jobId);
  if (job === undefined || job.payer !== input.payer)
    return rejected("jobNotFound", "there is no such job of this payer");
  if (job.state === "cancelled") return accepted();
  if (isJobOver(job.state)) return rejected("jobEnded", `the job is ${job.state} already`);
  const reason = { code: "jobCancelled", message: "the payer cancelled the job" };
  turn.record({ type: "jobCancelled", jobId: job.jobId, reason, at: turn.now });
  endTasks(state, job, turn);
  return accepted();
}

/** Ends a job that cannot be completed. */
export function failJob(
  state: CoordinatorState,
  job: Job,
  { reason, turn }: { readonly reason: Reason; readonly turn: CoordinatorTurn },
): void {
  if (isJobOver(job.state)) return;
  turn.record({ type: "jobFailed", jobId: job.jobId, reason, at: turn.now });
  endTasks(state, job, turn);
}

function endTasks(state: CoordinatorState, job: Job, turn: CoordinatorTurn): void {
  for (const task of tasksOf(state, job)) endTask(state, task, { job, turn });
  forgetPresence(state, job);
  turn.changed.escrows.add(job.escrowId);
}

// What was accepted stands, audited or not: nobody can be leased an audit of a job that is over. What is in doubt does not stand.
function endTask(
  state: CoordinatorState,
  task: Task,
  { job, turn }: { readonly job: Job; readonly turn: CoordinatorTurn },
): void {
  if (task.state === "accepted") {
    reviewResult(state, task, turn);
  } else if (openAudit(task) !== null && task.resolver === "agreement" && !isContradicted(state, task)) {
    const reason = { code: "jobOver", message: "the job ended before the audit was made" };
    closeLeases(state, task, { reason, turn, keep: task.result?.winners ?? [] });
    missAudit(state, task, { reason, turn });
  } else if (!isTaskOver(task.state)) {
    cancelTask(state, task, { job, turn });
  }
}

// An audit's answer is there and is not the accepted one; whether it is close enough was never found out.
function isContradicted(state: CoordinatorState, { leases, result }: Task): boolean {
  const ruledOn = [...(result?.winners ?? []), ...(result?.losers ?? [])];
  return leases.some((leaseId) => {
    const answer = state.ledger.leases.get(leaseId)?.answer ?? null;
    return answer !== null && !ruledOn.includes(leaseId);
  });
}

// What is remembered of an open job beside the ledger.
function forgetPresence(state: CoordinatorState, job: Job): void {
  const { jobId } = job;
  closeDesk(state, job);
  state.presence.starved.delete(jobId);
  state.presence.heldBack.delete(jobId);
  for (const step of [mapStep, reduceStep]) state.presence.barren.delete(stepKey(jobId, step));
}

/** Looks at a job again: more tasks come into being, the reduce step starts, or the job is done. */
export function reviewJob(state: CoordinatorState, job: Job, turn: CoordinatorTurn): void {
  if (isJobOver(job.state) || !job.funded) return;
  const { jobId } = job;
  const at = turn.now;
  if (job.mapQueued < job.taskCount) extendWindow(state, job, turn);
  if (job.mapSettled < job.taskCount) return;
  if (job.submission.spec.reduce !== null && !job.reduceSettled) {
    if (job.reduceQueued) return;
    turn.record({ type: "tasksQueued", jobId, step: reduceStep, first: 0, count: 1, at });
    turn.changed.steps.add(stepKey(jobId, reduceStep));
    return;
  }
  turn.record({ type: "jobCompleted", jobId, at });
  forgetPresence(state, job);
  turn.changed.escrows.add(job.escrowId);
}

function extendWindow(state: CoordinatorState, job: Job, turn: CoordinatorTurn): void {
  const { windowTasksMin, windowPerWorker, windowStepMax } = state.config.policy;
  const window = Math.max(windowTasksMin, windowPerWorker * state.presence.sessions.size);
  // Refilled when half empty, so that not every accepted task makes a fact of its own.
  const waiting = Math.max(0, job.counts.queued - job.underAudit);
  if (waiting > window / 2) return;
  const count = Math.min(window - waiting, job.taskCount - job.mapQueued, windowStepMax);
  const first = job.mapQueued;
  const { indexAt } = lotteryOf(state, job);
  const indices = Array.from({ length: count }, (_, i) => indexAt(first + i));
  turn.record({ type: "tasksQueued", jobId: job.jobId, step: mapStep, first, count, indices, at: turn.now });
  turn.changed.steps.add(stepKey(job.jobId, mapStep));
  if (count === windowStepMax) state.index.timers.push({ at: turn.now, kind: "job", id: job.jobId });
}

/** The job's deadline passed, or more of its tasks are to come into being. */
export function jobDue(state: CoordinatorState, jobId: JobId, turn: CoordinatorTurn): void {
  const job = state.ledger.jobs.get(jobId);
  if (job === undefined || isJobOver(job.state)) return;
  if (job.deadlineAt > turn.now) {
    turn.changed.jobs.add(jobId);
    return;
  }
  const { accepted: done, final } = job.counts;
  const message = `the deadline passed with ${done + final} of ${job.taskCount} tasks accepted`;
  failJob(state, job, { reason: { code: "deadlineExceeded", message }, turn });
}
