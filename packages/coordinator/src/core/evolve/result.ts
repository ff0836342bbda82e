// A task's result from its acceptance to its settlement, with the audits between.
import { present } from "@starling/kernel";
import { mapStep } from "@starling/protocol";
import type { TaskFact } from "../fact.ts";
import { fileResult, unfileResult } from "../indexes/unsettled.ts";
import { countUnanchored } from "../ledger/escrow.ts";
import type { Audit, Job, Task } from "../ledger/job.ts";
import type { Lease } from "../ledger/lease.ts";
import { operatorIn } from "../ledger/operator.ts";
import { stepSpecOf } from "../program.ts";
import { noteOutcome } from "../scheduling/reputation.ts";
import type { CoordinatorState } from "../state.ts";
import { releaseFines } from "./fines.ts";
import { observeAnswer, observeKills } from "./observed.ts";

type Of<T extends TaskFact["type"]> = Extract<TaskFact, { type: T }>;

/** A task with its job. */
interface Place {
  readonly task: Task;
  readonly job: Job;
}

/** The answers agree: for the first time, or once more after an audit or a mismatch. */
export function acceptResult(state: CoordinatorState, { task, job }: Place, fact: Of<"taskAccepted">): void {
  const { digest, outputs, winners, losers, by, at } = fact;
  const before = task.result;
  if (before === null) {
    job.provisional += 1;
    if (task.step === mapStep) job.mapAccepted += 1;
  } else {
    unfileResult(state, task);
  }
  countChecks(state, { task, job }, { winners, at });
  task.result = { digest, outputs, winners, losers, caught: fact.caught ?? losers, by, at };
  task.reason = null;
  task.wanted = 0;
  if (task.set !== null) task.round += 1;
  task.set = null;
  task.settlesAt = fact.settlesAt ?? at;
  fileResult(state, task);
  // Journals of before results were provisional have no facts of settlement.
  if (fact.settlesAt === undefined) settleResult(state, { task, job }, at);
}

/** One more answer is wanted, under the same rule as the first ones: all must agree. */
export function auditOrdered(task: Task, { cause, at }: Of<"auditOrdered">): void {
  task.audits = [...task.audits, { cause, at, round: task.round, referred: false, missed: null }];
  task.wanted = 1;
  task.resolver = "agreement";
  task.reason = { code: "audit", message: "the accepted answer is checked by one more operator" };
}

/** The result stands without the audit that is open. */
export function auditMissed(task: Task, { reason }: Of<"auditMissed">): void {
  changeOpenAudit(task, { missed: reason });
  task.wanted = 0;
  task.reason = null;
}

/** A referee makes the audit that is open; its wait starts anew. */
export function auditReferred(task: Task, { reason, at }: Of<"auditReferred">): void {
  changeOpenAudit(task, { referred: true });
  task.reason = reason;
  task.since = at;
}

// The newest is the open one: another is ordered only when the result is accepted once more.
function changeOpenAudit(task: Task, change: Partial<Audit>): void {
  const last = present(task.audits.at(-1), `audit of ${task.taskId}`);
  task.audits = [...task.audits.slice(0, -1), { ...last, ...change }];
}

/** Nothing changes the result any more: it counts, and can be anchored. */
export function settleResult(state: CoordinatorState, { task, job }: Place, at: number): void {
  task.settledAt = at;
  job.provisional -= 1;
  if (task.step === mapStep) job.mapSettled += 1;
  else job.reduceSettled = true;
  unfileResult(state, task);
  releaseFines(state, task);
  const escrow = present(state.ledger.escrows.get(job.escrowId), `escrow ${job.escrowId}`);
  escrow.unanchored.push(task.taskId);
  countUnanchored(escrow, job.jobId, 1);
}

// An answer that agrees with one of another operator has passed a check: once for each lease, however often it is ruled on.
function countChecks(
  state: CoordinatorState,
  { task, job }: Place,
  { winners, at }: { readonly winners: readonly Lease["leaseId"][]; readonly at: number },
): void {
  const leases = leasesOf(state, winners);
  if (!isShared(leases)) return;
  const before = leasesOf(state, task.result?.winners ?? []);
  const counted = new Set(isShared(before) ? before : []);
  const { runtimeClass } = stepSpecOf(job, task.step);
  for (const lease of leases) {
    if (counted.has(lease) || lease.role === "referee") continue;
    const { checksPassed } = operatorIn(state.ledger.operators, lease.operator);
    checksPassed.set(runtimeClass, (checksPassed.get(runtimeClass) ?? 0) + 1);
    noteOutcome(state, lease, { outcome: "correct", isGood: true, at });
    observeAnswer(state, lease, { task, job, agreed: leases, at });
  }
  observeKills(state, { task, job }, at);
}

function isShared(leases: readonly Lease[]): boolean {
  return leases.some(({ operator }) => operator !== leases[0]?.operator);
}

function leasesOf(state: CoordinatorState, ids: readonly Lease["leaseId"][]): readonly Lease[] {
  return ids.map((leaseId) => present(state.ledger.leases.get(leaseId), `lease ${leaseId}`));
}

/** A provisional result that does not stand any more. */
export function withdrawResult(state: CoordinatorState, { task, job }: Place): void {
  releaseFines(state, task);
  if (task.result === null) return;
  unfileResult(state, task);
  task.result = null;
  task.settlesAt = null;
  job.provisional -= 1;
  if (task.step === mapStep) job.mapAccepted -= 1;
}
