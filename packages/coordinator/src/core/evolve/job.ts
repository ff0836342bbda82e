// Facts of jobs: their record, their window of tasks, their end.
import { assertNever, present, transition } from "@starling/kernel";
import { reduceStep, taskIdOf } from "@starling/protocol";
import type { JobFact } from "../fact.ts";
import { indexJob, indexTask } from "../indexes/maintain.ts";
import { newEscrow } from "../ledger/escrow.ts";
import { type Job, noAudits, noSets } from "../ledger/job.ts";
import { type JobState, jobLifecycle } from "../lifecycle/tables.ts";
import type { CoordinatorState } from "../state.ts";

type Of<T extends JobFact["type"]> = Extract<JobFact, { type: T }>;

/** Applies a fact of a job. */
export function evolveJob(state: CoordinatorState, fact: JobFact): void {
  if (fact.type === "jobAccepted") {
    accept(state, fact);
    return;
  }
  const job = present(state.ledger.jobs.get(fact.jobId), `job ${fact.jobId}`);
  switch (fact.type) {
    case "fundingMoved":
      moveFunding(state, job, fact);
      break;
    case "jobFunded":
      job.funded = true;
      break;
    case "jobStarted":
      job.state = transition(jobLifecycle, job.state, "running");
      job.startedAt = fact.at;
      break;
    case "jobCompleted":
      end(state, job, { to: "completed", at: fact.at });
      break;
    case "jobFailed":
      job.reason = fact.reason;
      end(state, job, { to: "failed", at: fact.at });
      break;
    case "jobCancelled":
      job.reason = fact.reason;
      end(state, job, { to: "cancelled", at: fact.at });
      break;
    case "offerPublished":
      job.offerSequence = fact.sequence;
      job.offeredAt = fact.at;
      break;
    case "tasksQueued":
      queueTasks(state, job, fact);
      break;
    default:
      assertNever(fact, "job fact");
  }
}

function accept(state: CoordinatorState, fact: Of<"jobAccepted">): void {
  const { submission, escrowId, at } = fact;
  const { jobId, payer } = submission;
  const job: Job = {
    jobId,
    payer,
    submission,
    taskCount: fact.taskCount,
    replicas: fact.replicas,
    escrowId,
    funding: fact.funding,
    traceId: fact.traceId,
    deadlineAt: fact.deadlineAt,
    acceptedAt: at,
    state: jobLifecycle.initial,
    funded: false,
    startedAt: null,
    endedAt: null,
    reason: null,
    mapQueued: 0,
    reduceQueued: false,
    counts: {
      queued: 0,
      collecting: 0,
      accepted: 0,
      final: 0,
      disputed: 0,
      nondeterministic: 0,
      poison: 0,
      cancelled: 0,
    },
    mapAccepted: 0,
    mapSettled: 0,
    reduceSettled: false,
    provisional: 0,
    underAudit: 0,
    audits: { ordered: 0, missed: 0 },
    attempts: 0,
    inFlight: 0n,
    owed: 0n,
    banned: new Map(),
    offerSequence: 0,
    offeredAt: null,
  };
  state.ledger.jobs.set(jobId, job);
  const escrow = state.ledger.escrows.get(escrowId) ?? newEscrow(escrowId, payer, at);
  state.ledger.escrows.set(escrowId, escrow);
  escrow.openJobs.set(jobId, true);
  escrow.activeAt = at;
  indexJob(state, job);
}

function moveFunding(state: CoordinatorState, job: Job, fact: Of<"fundingMoved">): void {
  const { jobId, escrowId, funding, deadlineAt, at } = fact;
  const from = present(state.ledger.escrows.get(job.escrowId), `escrow ${job.escrowId}`);
  const to = present(state.ledger.escrows.get(escrowId), `escrow ${escrowId}`);
  from.openJobs.delete(jobId);
  from.activeAt = at;
  to.openJobs.set(jobId, true);
  to.activeAt = at;
  job.escrowId = escrowId;
  job.funding = funding;
  job.deadlineAt = deadlineAt;
  state.index.timers.push({ at: deadlineAt, kind: "job", id: jobId });
}

function end(state: CoordinatorState, job: Job, { to, at }: { readonly to: JobState; readonly at: number }): void {
  job.state = transition(jobLifecycle, job.state, to);
  job.endedAt = at;
  const escrow = present(state.ledger.escrows.get(job.escrowId), `escrow ${job.escrowId}`);
  escrow.openJobs.delete(job.jobId);
  escrow.activeAt = at;
  escrow.owedByEnded += job.owed;
  indexJob(state, job);
}

function queueTasks(state: CoordinatorState, job: Job, fact: Of<"tasksQueued">): void {
  if (fact.step === reduceStep) job.reduceQueued = true;
  else job.mapQueued = fact.first + fact.count;
  job.counts.queued += fact.count;
  for (let position = 0; position < fact.count; position += 1) {
    const index = fact.indices?.[position] ?? fact.first + position;
    const taskId = taskIdOf({ jobId: job.jobId, step: fact.step, index });
    state.ledger.tasks.set(taskId, {
      taskId,
      jobId: job.jobId,
      step: fact.step,
      index,
      state: "queued",
      since: fact.at,
      resolver: "agreement",
      resolverRound: 0,
      round: 0,
      wanted: job.replicas,
      attempts: 0,
      failures: 0,
      leases: [],
      set: null,
      sets: noSets,
      audits: noAudits,
      reason: null,
      result: null,
      settlesAt: null,
      settledAt: null,
      anchor: null,
    });
    indexTask(state, present(state.ledger.tasks.get(taskId), `task ${taskId}`));
  }
}
