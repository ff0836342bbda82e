// Audits: which accepted results are run once more, who could do it, and what becomes of a result that nobody could audit.
import { present } from "@starling/kernel";
import { type Address, fineOf, trustTerms } from "@starling/protocol";
import type { AuditCause, Reason } from "../fact.ts";
import { stepKey } from "../indexes/index-state.ts";
import { type Job, openAudit, type Task, type TaskResult } from "../ledger/job.ts";
import type { Lease } from "../ledger/lease.ts";
import { isJobOver } from "../lifecycle/tables.ts";
import { hasWholeRun } from "../money/anchor.ts";
import { paysNewcomersCheck } from "../money/checks.ts";
import { leaseSpanMs } from "../money/clock.ts";
import { stepSpecOf } from "../program.ts";
import { type CoordinatorState, planted } from "../state.ts";
import type { CoordinatorTurn } from "../turn.ts";
import { hasAuditor, lacksBacking } from "./backing.ts";
import { isCanary } from "./lottery.ts";
import { hasReferee } from "./mismatch.ts";
import { agreed, settleLease } from "./settle-lease.ts";
import { ticketDue } from "./tickets.ts";

/** Looks at a provisional result: it is audited, it waits for the end of its window, or it is settled. */
export function reviewResult(state: CoordinatorState, task: Task, turn: CoordinatorTurn): void {
  const { result, settlesAt } = task;
  if (task.state !== "accepted" || task.settledAt !== null || result === null || settlesAt === null) return;
  const job = present(state.ledger.jobs.get(task.jobId), `job ${task.jobId}`);
  const cause = isJobOver(job.state) ? null : auditCause(state, { task, job, result });
  if (cause !== null) {
    turn.record({ type: "auditOrdered", taskId: task.taskId, cause, at: turn.now });
    // A newcomer's fine deters without this check; first answers, and checks of those whom nothing else deters, have the money first.
    if (cause === "checked" && isDeterred(state, job, result) && !paysNewcomersCheck(state, job))
      missAudit(state, task, { reason: otherChecksFirst, turn });
    else turn.changed.steps.add(stepKey(task.jobId, task.step));
  } else if (settlesAt <= turn.now || isJobOver(job.state) || planted(state, "settleAtOnce")) {
    settleTask(state, task, turn);
  }
}

// By a fine that is enough where only the lottery looks: one that was made for a certain check needs it.
function isDeterred(state: CoordinatorState, job: Job, { winners }: TaskResult): boolean {
  const terms = trustTerms(job.submission.spec.trust);
  return winners.every((leaseId) => {
    const { fine, price } = present(state.ledger.leases.get(leaseId), `lease ${leaseId}`);
    return fine >= fineOf(terms, price);
  });
}

/** The result counts from now on. */
function settleTask(state: CoordinatorState, task: Task, turn: CoordinatorTurn): void {
  // Whoever's check never came is paid now: nobody contradicts it any more.
  for (const leaseId of task.result?.winners ?? []) {
    const lease = present(state.ledger.leases.get(leaseId), `lease ${leaseId}`);
    if (lease.state === "revealed") settleLease(state, lease, { verdict: "accepted", reason: agreed, turn });
  }
  turn.record({ type: "taskSettled", taskId: task.taskId, at: turn.now });
  ticketDue(state, task, turn);
  turn.changed.jobs.add(task.jobId);
  const job = present(state.ledger.jobs.get(task.jobId), `job ${task.jobId}`);
  const escrow = state.ledger.escrows.get(job.escrowId);
  if (escrow !== undefined && hasWholeRun(state, escrow)) turn.changed.escrows.add(job.escrowId);
}

/** When a result that is accepted now is settled, if nothing comes between. The job's deadline cuts the window short: nothing can be audited after it. */
export function settlesAtOf(state: CoordinatorState, job: Job, now: number): number {
  const { finalityMs, settleGridMs } = state.config.policy;
  if (finalityMs === 0) return now;
  const end = Math.ceil((now + finalityMs) / settleGridMs) * settleGridMs;
  return Math.max(now, Math.min(end, job.deadlineAt - 1));
}

interface Provisional {
  readonly task: Task;
  readonly job: Job;
  readonly result: TaskResult;
}

// One audit answers the first three; those who have nothing at stake are looked at by somebody who has; each catch of somebody who stands behind the result asks for another.
function auditCause(state: CoordinatorState, { task, job, result }: Provisional): AuditCause | null {
  const winners = result.winners.map((leaseId) => present(state.ledger.leases.get(leaseId), `lease ${leaseId}`));
  if (task.audits.length === 0 && result.by === "agreement") {
    if (task.sets.some(({ drawn }) => drawn === true) && !planted(state, "ignoreDraw")) return "lottery";
    const isAlone = winners.every(({ operator }) => operator === winners[0]?.operator);
    if (isAlone && winners.some(({ checked }) => checked)) return "checked";
    if (isCanary(state, job, task)) return "canary";
  }
  if (result.by === "agreement" && lacksBacking(state, task, winners) && !planted(state, "ignorePledge"))
    return "checked";
  return isDiscredited(state, task, winners) && !planted(state, "forgetRetroCheck") ? "retro" : null;
}

// A winner was caught since it got this lease, and nobody has looked at the result since. Once for each such operator: one that is
// caught with a hundred lies would else have each of its true answers run by everybody.
function isDiscredited(state: CoordinatorState, task: Task, winners: readonly Lease[]): boolean {
  const caught = new Set<Address>();
  let isOpen = false;
  for (const { operator, offeredAt } of winners) {
    const caughtAt = state.ledger.operators.get(operator)?.caughtAt ?? null;
    if (caughtAt === null || offeredAt > caughtAt) continue;
    caught.add(operator);
    const isLookedAt = task.audits.some(({ at }) => at >= caughtAt) || winners.some((one) => one.offeredAt > caughtAt);
    isOpen ||= !isLookedAt;
  }
  return isOpen && caught.size > task.audits.filter(({ cause }) => cause === "retro").length;
}

/** An audit waited long enough: for whoever is busy, then for a referee, then no longer. */
export function auditOverdue(state: CoordinatorState, task: Task, turn: CoordinatorTurn): void {
  const audit = openAudit(task);
  const job = present(state.ledger.jobs.get(task.jobId), `job ${task.jobId}`);
  if (audit === null) return;
  const spanMs = leaseSpanMs(state, stepSpecOf(job, task.step));
  const busyUntil = task.since + state.config.policy.auditWaitMs + spanMs;
  if (!audit.referred && busyUntil > turn.now && hasAuditor(state, task, () => true)) {
    state.index.timers.push({ at: busyUntil, kind: "task", id: task.taskId });
  } else if (!audit.referred && hasReferee(state, task, turn.now)) {
    const reason = { code: "noAuditor", message: "no unused operator was free for the audit; a referee makes it" };
    turn.record({ type: "auditReferred", taskId: task.taskId, reason, at: turn.now });
    turn.changed.steps.add(stepKey(task.jobId, task.step));
  } else {
    const isBroke = state.presence.starved.get(job.jobId)?.code === "budgetExhausted";
    missAudit(state, task, { reason: isBroke ? noMoney : noAuditor, turn });
  }
}

/** Why audits are missed that could not be paid. */
export const noMoney: Reason = { code: "budgetExhausted", message: "nothing is left of the budget to pay an audit" };

const otherChecksFirst: Reason = {
  code: "budgetExhausted",
  message:
    "what is left of the budget is for answers, and for checks of operators who have pledged nothing; the fine of this one deters without a check",
};

const noAuditor: Reason = {
  code: "noAuditor",
  message: "every operator that is here and fits has answered the task, and none came in time",
};

/** The result stands without the audit that was due, and says why. */
export function missAudit(
  state: CoordinatorState,
  task: Task,
  { reason, turn }: { readonly reason: Reason; readonly turn: CoordinatorTurn },
): void {
  turn.record({ type: "auditMissed", taskId: task.taskId, reason, at: turn.now });
  reviewResult(state, task, turn);
}

/** Nothing is left to pay auditors of the job with. Says whether any audit was given up. */
export function missAuditsOf(
  state: CoordinatorState,
  job: Job,
  { reason, turn }: { readonly reason: Reason; readonly turn: CoordinatorTurn },
): void {
  if (job.underAudit === 0) return;
  const waiting = new Set<Task>();
  for (const tasks of state.index.unsettledOf.values()) {
    for (const taskId of tasks) {
      const task = state.ledger.tasks.get(taskId);
      if (task?.jobId === job.jobId && task.state === "queued" && task.resolver === "agreement") waiting.add(task);
    }
  }
  for (const task of waiting) if (openAudit(task) !== null) missAudit(state, task, { reason, turn });
}
