// Read models of jobs and tasks.
import {
  itemAt,
  type JobId,
  mapStep,
  parseTaskId,
  reduceStep,
  type TaskId,
  taskIdOf,
  trustName,
} from "@starling/protocol";
import { leaseDueAt } from "../indexes/maintain.ts";
import type { Job, Task } from "../ledger/job.ts";
import type { Lease } from "../ledger/lease.ts";
import type { JobState, TaskState } from "../lifecycle/tables.ts";
import type { CoordinatorState } from "../state.ts";
import type { JobView, LeaseView, Page, TaskView } from "./types.ts";

/** One job, or null. */
export function jobView(state: CoordinatorState, jobId: JobId): JobView | null {
  const job = state.ledger.jobs.get(jobId);
  return job === undefined ? null : viewOf(job);
}

/** Which jobs to list: newest first, at most `limit` from `cursor` on. */
export interface JobQuery {
  readonly payer?: string;
  readonly states?: readonly JobState[];
  readonly idPrefix?: string;
  /** All of them must be there. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly cursor?: string;
  readonly limit: number;
}

/** A page of jobs, newest first. */
export function listJobs(state: CoordinatorState, query: JobQuery): Page<JobView> {
  const items: JobView[] = [];
  const wanted = Object.entries(query.labels ?? {});
  let started = query.cursor === undefined;
  for (const job of [...state.ledger.jobs.values()].reverse()) {
    if (!started) {
      started = job.jobId === query.cursor;
      if (!started) continue;
    }
    if (query.payer !== undefined && job.payer !== query.payer) continue;
    if (query.states !== undefined && !query.states.includes(job.state)) continue;
    if (query.idPrefix !== undefined && !job.jobId.startsWith(query.idPrefix)) continue;
    if (!wanted.every(([key, value]) => job.submission.labels[key] === value)) continue;
    if (items.length >= query.limit) return { items, nextCursor: job.jobId };
    items.push(viewOf(job));
  }
  return { items, nextCursor: null };
}

function viewOf(job: Job): JobView {
  const { submission, counts } = job;
  return {
    jobId: job.jobId,
    name: submission.name,
    labels: submission.labels,
    payer: job.payer,
    idempotencyKey: submission.idempotencyKey,
    state: job.state,
    reason: job.reason,
    trust: trustName(submission.spec.trust),
    replicas: job.replicas,
    runtimeClass: submission.spec.map.runtimeClass,
    escrowId: job.escrowId,
    traceId: job.traceId,
    budget: submission.order.budget,
    perTaskMax: submission.perTaskMax,
    owed: job.owed,
    inFlight: job.inFlight,
    acceptedAt: job.acceptedAt,
    startedAt: job.startedAt,
    endedAt: job.endedAt,
    deadlineAt: job.deadlineAt,
    tasksTotal: tasksTotal(job),
    tasks: { ...counts },
    provisional: job.provisional,
    audits: { ...job.audits, open: job.underAudit },
    anchored: job.endedAt !== null && counts.accepted === 0,
    banned: [...job.banned].map(([operator, reason]) => ({ operator, reason })),
  };
}

/** All tasks of a job, `reduce` included. */
function tasksTotal(job: Job): number {
  return job.taskCount + (job.submission.spec.reduce === null ? 0 : 1);
}

/** One task with all its leases, or null. Tasks that do not exist yet look like queued ones. */
export function taskView(state: CoordinatorState, taskId: TaskId): TaskView | null {
  const task = state.ledger.tasks.get(taskId);
  if (task !== undefined) return taskViewOf(state, task);
  const place = parseTaskId(taskId);
  const job = place === null ? undefined : state.ledger.jobs.get(place.jobId);
  if (place === null || job === undefined) return null;
  if (place.step === mapStep && place.index < job.taskCount) return futureTask(job, place.step, place.index);
  if (place.step === reduceStep && job.submission.spec.reduce !== null && place.index === 0) {
    return futureTask(job, place.step, 0);
  }
  return null;
}

/** Which tasks to list: by index, `reduce` last, at most `limit` from `cursor` on. */
export interface TaskQuery {
  readonly jobId: JobId;
  readonly states?: readonly TaskState[];
  readonly cursor?: string;
  readonly limit: number;
}

/** A page of a job's tasks, or null when the job is unknown. */
export function listTasks(state: CoordinatorState, query: TaskQuery): Page<TaskView> | null {
  const job = state.ledger.jobs.get(query.jobId);
  if (job === undefined) return null;
  const items: TaskView[] = [];
  const first = query.cursor === undefined ? 0 : Math.max(0, Math.trunc(Number(query.cursor)) || 0);
  for (let position = first; position < tasksTotal(job); position += 1) {
    const isReduce = position >= job.taskCount;
    const place = { jobId: job.jobId, step: isReduce ? reduceStep : mapStep, index: isReduce ? 0 : position };
    const task = state.ledger.tasks.get(taskIdOf(place));
    const taskState: TaskState = task?.state ?? "queued";
    if (query.states !== undefined && !query.states.includes(taskState)) continue;
    if (items.length >= query.limit) return { items, nextCursor: String(position) };
    items.push(task === undefined ? futureTask(job, place.step, place.index) : taskViewOf(state, task));
  }
  return { items, nextCursor: null };
}

function futureTask(job: Job, step: string, index: number): TaskView {
  const over = job.endedAt !== null;
  return {
    taskId: taskIdOf({ jobId: job.jobId, step, index }),
    jobId: job.jobId,
    step,
    index,
    state: over ? "cancelled" : "queued",
    since: job.endedAt ?? job.acceptedAt,
    resolver: "agreement",
    wanted: over ? 0 : job.replicas,
    attempts: 0,
    failures: 0,
    reason: over ? job.reason : { code: "notYetCreated", message: "the task comes into being when its turn is near" },
    item: step === mapStep ? itemAt(job.submission.spec.each, index) : {},
    digest: null,
    outputs: [],
    acceptedBy: null,
    acceptedAt: null,
    settlesAt: null,
    settledAt: null,
    audits: [],
    leases: [],
    anchor: null,
  };
}

function taskViewOf(state: CoordinatorState, task: Task): TaskView {
  const job = state.ledger.jobs.get(task.jobId);
  const escrow = job === undefined ? undefined : state.ledger.escrows.get(job.escrowId);
  const { anchor, result } = task;
  const place = anchor === null ? null : (escrow?.batches.find((one) => one.batch === anchor.batch)?.place ?? null);
  const leases = task.leases.flatMap((leaseId) => {
    const lease = state.ledger.leases.get(leaseId);
    return lease === undefined ? [] : [leaseView(state, lease)];
  });
  return {
    taskId: task.taskId,
    jobId: task.jobId,
    step: task.step,
    index: task.index,
    state: task.state,
    since: task.since,
    resolver: task.resolver,
    wanted: task.wanted,
    attempts: task.attempts,
    failures: task.failures,
    reason: task.reason,
    item: job !== undefined && task.step === mapStep ? itemAt(job.submission.spec.each, task.index) : {},
    digest: result?.digest ?? null,
    outputs: result?.outputs ?? [],
    acceptedBy: result?.by ?? null,
    acceptedAt: result?.at ?? null,
    settlesAt: task.settlesAt,
    settledAt: task.settledAt,
    audits: task.audits,
    leases,
    anchor: anchor === null ? null : { ...anchor, place },
  };
}

/** What a lease goes on from, and whose checkpoint that is; null where it begins at the beginning. */
export function resumedFrom(state: CoordinatorState, { resume, worker }: Lease): LeaseView["resumed"] {
  if (resume === undefined) return null;
  return { step: resume.step, worker: state.ledger.leases.get(resume.from)?.worker ?? worker };
}

function leaseView(state: CoordinatorState, lease: Lease): LeaseView {
  const { answer } = lease;
  return {
    leaseId: lease.leaseId,
    taskId: lease.taskId,
    taskSpec: lease.taskSpec,
    attempt: lease.attempt,
    role: lease.role,
    worker: lease.worker,
    operator: lease.operator,
    state: lease.state,
    epoch: lease.epoch,
    traceId: lease.traceId,
    price: lease.price,
    fine: lease.fine,
    offeredAt: lease.offeredAt,
    acceptedAt: lease.acceptedAt,
    committedAt: lease.committedAt,
    endedAt: lease.endedAt,
    deadlineAt: leaseDueAt(lease),
    commitment: lease.commitment,
    digest: answer?.digest ?? null,
    outputs: answer?.outputs ?? [],
    usage: answer?.usage ?? lease.usage ?? null,
    ending: lease.ending ?? null,
    verdict: lease.verdict,
    fault: lease.fault,
    reason: lease.reason,
    log: lease.log,
    progress: state.presence.progress.get(lease.leaseId) ?? null,
    resumed: resumedFrom(state, lease),
    checkpointStep: lease.checkpoints?.at(-1)?.step ?? null,
  };
}
