// Why something waits, as data: what for, since when, until when, who owes the next step, and what would change it.
import { minute } from "@starling/kernel";
import { formatDuration, type JobId, mapStep, reduceStep, type TaskId, taskIdOf } from "@starling/protocol";
import { intentStatus } from "@starling/settlement";
import { stepKey } from "../indexes/index-state.ts";
import { leaseDueAt, taskDueAt, usedOperators } from "../indexes/maintain.ts";
import { refereeLane } from "../indexes/step-queue.ts";
import type { Job, Task } from "../ledger/job.ts";
import type { Lease } from "../ledger/lease.ts";
import type { Worker } from "../ledger/worker.ts";
import { isJobOver, isLive } from "../lifecycle/tables.ts";
import { unpaid } from "../money/amounts.ts";
import { fundingIntent } from "../money/funding.ts";
import { stepSpecOf } from "../program.ts";
import { type CoordinatorState, isChainless, isConnected } from "../state.ts";
import { resumedFrom } from "../views/job.ts";
import type { JobExplanation, Wait } from "../views/types.ts";
import { alikeWorkers } from "./alike.ts";
import { isHeldBack } from "./covered.ts";
import { hasSlot, isReferee, unfit, unfitAsReferee, unmetNeeds } from "./eligibility.ts";
import { auditWait, comparisonWaits, finalityWaits } from "./explain-trust.ts";
import { counted, describe, needCodes, type PredicateCode, remedy, sentence } from "./needs.ts";
import { lackedBy, unaffordable } from "./placement.ts";
import { hadItsShare } from "./share.ts";

/** Leases that are listed one by one; the rest is alike. */
const leasesMax = 50;
/** Groups of tasks that differ only in the operators that they have used. */
const lanesMax = 5;

/** Everything in a job that waits, as of the last turn; null when the job is unknown. */
export function explainJob(state: CoordinatorState, jobId: JobId): JobExplanation | null {
  const job = state.ledger.jobs.get(jobId);
  if (job === undefined) return null;
  const now = state.presence.turnAt;
  const workersConnected = [...state.presence.sessions.values()].filter(isConnected).length;
  const waits = isJobOver(job.state) ? settlementWaits(state, job) : openWaits(state, job, now);
  return {
    jobId,
    state: job.state,
    reason: job.reason,
    workersKnown: state.ledger.workers.size,
    workersConnected,
    waits,
  };
}

function openWaits(state: CoordinatorState, job: Job, now: number): readonly Wait[] {
  if (!job.funded) return [fundingWait(state, job)];
  return [
    ...placementWaits(state, job, now),
    ...leaseWaits(state, job),
    ...comparisonWaits(state, job),
    ...finalityWaits(state, job),
  ];
}

function fundingWait(state: CoordinatorState, job: Job): Wait {
  const status = intentStatus(state.ledger.sender, fundingIntent(job)) ?? "unknown";
  const { codes, ...told } = lackingMachines(state, job);
  const confirmed = "a block that holds the transaction, and its confirmations";
  return {
    code: "escrowUnconfirmed",
    subject: "job",
    id: job.jobId,
    owner: "chain",
    since: job.acceptedAt,
    until: job.deadlineAt,
    message: `the money of the order is not confirmed; the transaction is ${status}`,
    change:
      told.fit === 0 && codes.length > 0 ? `${confirmed}; then ${remedy(codes, stepSpecOf(job, mapStep))}` : confirmed,
    ...told,
  };
}

/** What machines lack for a job's first step. */
interface Lacking extends Required<Pick<Wait, "predicates" | "fit">> {
  readonly codes: readonly PredicateCode[];
}

// What machines lack is told before the money is there: nobody should have to wait for a block to hear of it.
function lackingMachines(state: CoordinatorState, job: Job): Lacking {
  const spec = stepSpecOf(job, mapStep);
  const counts = new Map<PredicateCode, number>();
  let fit = 0;
  for (const worker of state.ledger.workers.values()) {
    const unmet = unmetNeeds(state, worker, spec);
    if (unmet.length === 0) fit += 1;
    for (const code of unmet) counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  return {
    predicates: [...counts].map(([code, workers]) => ({ code, workers, message: describe(code, job, spec) })),
    fit,
    codes: [...counts.keys()],
  };
}

function placementWaits(state: CoordinatorState, job: Job, now: number): readonly Wait[] {
  const waits: Wait[] = [];
  for (const step of [mapStep, reduceStep]) {
    const queue = state.index.queues.get(stepKey(job.jobId, step));
    if (queue === undefined) continue;
    const referee = queue.find(refereeLane, 1, () => true);
    if (referee !== null) {
      const place = { step, index: referee, now };
      const wait = refereeWait(state, job, place);
      waits.push(auditWait(state, taskAt(state, job, place), wait) ?? wait);
    }
    for (const lane of queue.lanes().slice(0, lanesMax)) {
      const index = queue.find(lane, 1, () => true);
      if (index === null) continue;
      const place = { step, index, now };
      const wait = replicaWait(state, job, place);
      waits.push(auditWait(state, taskAt(state, job, place), wait) ?? wait);
    }
  }
  return waits;
}

interface Place {
  readonly step: string;
  readonly index: number;
  readonly now: number;
}

function taskAt(state: CoordinatorState, job: Job, { step, index }: Place): Task | undefined {
  return state.ledger.tasks.get(taskIdOf({ jobId: job.jobId, step, index }));
}

function replicaWait(state: CoordinatorState, job: Job, place: Place): Wait {
  const task = taskAt(state, job, place);
  const { step, index, now } = place;
  const waiting = state.index.queues.get(stepKey(job.jobId, step))?.size ?? 0;
  const counts = new Map<PredicateCode, number>();
  const used = task === undefined ? [] : usedOperators(state, task);
  const spec = stepSpecOf(job, step);
  let fit = 0;
  for (const worker of state.ledger.workers.values()) {
    const code = firstUnmet(state, worker, { job, step, now, used, task });
    const unmet = unmetNeeds(state, worker, spec);
    if (unmet.length === 0) fit += 1;
    const codes = code !== null && needCodes.has(code) ? unmet : code === null ? [] : [code];
    for (const one of codes) counts.set(one, (counts.get(one) ?? 0) + 1);
  }
  const predicates = [...counts].map(([code, workers]) => {
    const again = code === "outOfHours" ? hoursText(state, now) : "";
    return { code, workers, message: `${describe(code, job, spec)}${again}` };
  });
  const why =
    state.ledger.workers.size === 0
      ? "no worker has come yet"
      : predicates.map(({ workers, message }) => sentence(workers, message)).join("; ");
  return {
    code: "notPlaced",
    subject: "task",
    id: taskIdOf({ jobId: job.jobId, step, index }),
    owner: "coordinator",
    since: task?.since ?? now,
    until: task === undefined ? job.deadlineAt : (taskDueAt(state, task) ?? job.deadlineAt),
    message: `${counted(waiting, "task")} of step ${step} ${waiting === 1 ? "waits" : "wait"} for workers: ${why}`,
    change: remedy([...counts.keys()], spec),
    predicates,
    fit,
  };
}

interface Question {
  readonly job: Job;
  readonly step: string;
  readonly now: number;
  readonly used: readonly string[];
  readonly task: Task | undefined;
}

// Beside what its machine lacks a worker counts once, at the first predicate that it fails; money and slots come last, since they change by themselves.
function firstUnmet(state: CoordinatorState, worker: Worker, question: Question): PredicateCode | null {
  const { job, step, now, used } = question;
  const code = unfit(state, worker, { job, step, now });
  if (code !== null) return code;
  if (used.includes(worker.operator)) return "operatorUsed";
  const lack = question.task === undefined ? null : lackedBy(state, question.task, worker.worker);
  if (lack !== null && lack.until > now) return lack.code;
  if (question.task !== undefined && alikeWorkers(state, question.task, [worker]).length === 0)
    return "otherCalibration";
  if (hadItsShare(state, job, { worker, now })) return "shareUsed";
  if (isHeldBack(state, worker, question)) return "checkUnpaid";
  const money = unaffordable(state, worker, { job, step, now });
  if (money !== null)
    return state.presence.starved.get(job.jobId)?.code === "escrowExhausted" ? "escrowExhausted" : money;
  return hasSlot(state, worker.worker, now) ? null : slotless(state, worker);
}

// Whoever is held back by his owner is not waited for like one who works on something else.
function slotless({ presence }: CoordinatorState, { worker }: Worker): PredicateCode {
  const reason = presence.sessions.get(worker)?.hold?.reason;
  return reason === undefined ? "noSlot" : reason === "closed" ? "outOfHours" : reason;
}

// When the first of those whose owners have hours is lent again, as they say.
function hoursText({ ledger, presence }: CoordinatorState, now: number): string {
  const ends = [...ledger.workers.keys()].flatMap((worker) => {
    const hold = presence.sessions.get(worker)?.hold;
    return hold?.reason === "closed" && hold.until !== undefined ? [hold.until] : [];
  });
  if (ends.length === 0) return "";
  const minutes = Math.max(1, Math.ceil((Math.min(...ends) - now) / minute));
  return `, the first of them again in about ${formatDuration(minutes * minute)}`;
}

function refereeWait(state: CoordinatorState, job: Job, place: Place): Wait {
  const task = taskAt(state, job, place);
  const { step, index, now } = place;
  const spec = stepSpecOf(job, step);
  const counts = new Map<PredicateCode, number>();
  for (const worker of state.ledger.workers.values()) {
    if (!isReferee(job, worker.operator)) continue;
    const code =
      unfitAsReferee(state, worker, { job, step, now }) ??
      (hasSlot(state, worker.worker, now) ? null : slotless(state, worker));
    if (code !== null) counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  return {
    code: "refereeBusy",
    subject: "task",
    id: taskIdOf({ jobId: job.jobId, step, index }),
    owner: "payer",
    since: task?.since ?? now,
    until: task === undefined ? null : taskDueAt(state, task),
    message: "answers differ, and the referee has not taken the task yet",
    change: "a free slot of the referee; fresh replicas decide when the time is up",
    predicates: [...counts].map(([code, workers]) => ({ code, workers, message: describe(code, job, spec) })),
  };
}

function leaseWaits(state: CoordinatorState, job: Job): readonly Wait[] {
  const waits: Wait[] = [];
  for (const leases of state.index.liveLeases.values()) {
    for (const leaseId of leases) {
      const lease = state.ledger.leases.get(leaseId);
      if (lease?.jobId !== job.jobId || !isLive(lease.state)) continue;
      if (waits.length >= leasesMax) return waits;
      waits.push(leaseWait(state, job, lease));
    }
  }
  return waits;
}

function resumedText(state: CoordinatorState, lease: Lease): string {
  const resumed = resumedFrom(state, lease);
  return resumed === null ? "" : `, resumed from step ${resumed.step} of worker ${resumed.worker}`;
}

function leaseWait(state: CoordinatorState, job: Job, lease: Lease): Wait {
  const until = leaseDueAt(lease) ?? job.deadlineAt;
  const base = { subject: "lease", id: lease.leaseId, until, predicates: [] } as const;
  const who = `worker ${lease.worker}, attempt ${lease.attempt} at ${lease.taskId satisfies TaskId}${resumedText(state, lease)}`;
  const change = "the worker's next step; when the time is up the replica goes elsewhere";
  if (lease.state === "offered") {
    return {
      ...base,
      code: "notAccepted",
      owner: "worker",
      since: lease.offeredAt,
      message: `${who}: offered`,
      change,
    };
  }
  if (lease.state === "committed") {
    const isClosed = lease.revealBy !== null;
    return {
      ...base,
      code: isClosed ? "notRevealed" : "setOpen",
      owner: isClosed ? "worker" : "coordinator",
      since: lease.committedAt ?? lease.offeredAt,
      message: isClosed
        ? `${who}: committed, the answer is to be shown`
        : `${who}: committed, other replicas are not there yet`,
      change: isClosed ? change : "the commitments of the task's other replicas",
    };
  }
  return {
    ...base,
    // A line of its own: waits of one code are told together.
    code: lease.resume === undefined ? "notCommitted" : "resumed",
    owner: "worker",
    since: lease.acceptedAt ?? lease.offeredAt,
    message: `${who}: running`,
    change,
  };
}

// The job is over; its money and its anchors may not be.
function settlementWaits(state: CoordinatorState, job: Job): readonly Wait[] {
  const escrow = state.ledger.escrows.get(job.escrowId);
  if (escrow === undefined) return [];
  const waits: Wait[] = [];
  const since = job.endedAt ?? job.acceptedAt;
  const refused = escrow.refused === null ? "" : `; last refusal: ${escrow.refused.reason.message}`;
  const base = {
    id: escrow.escrowId,
    owner: "chain",
    since,
    until: escrow.chain.deadlineSeconds * 1_000,
    predicates: [],
  } as const;
  if (job.counts.accepted > 0) {
    const { accepted } = job.counts;
    const message = `${counted(accepted, "result")} ${accepted === 1 ? "is" : "are"} not under a confirmed root yet${refused}`;
    waits.push({
      ...base,
      code: "anchorPending",
      subject: "anchor",
      message,
      change: "a block with the root, and its confirmations",
    });
  }
  const open = [...escrow.owed.keys()].filter((worker) => unpaid(escrow, worker) > 0n).length;
  // Without a chain what is owed stands in the books, and nobody waits for it here.
  if (open > 0 && !isChainless(state)) {
    const message = `${counted(open, "worker")} of the escrow ${open === 1 ? "is" : "are"} not fully paid yet${refused}`;
    waits.push({
      ...base,
      code: "paymentPending",
      subject: "payment",
      message,
      change: "a block with the payment, and its confirmations",
    });
  }
  return waits;
}
