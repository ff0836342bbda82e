// Nothing counts before it is settled, and nothing settles that should have been audited: what was drawn, checked or discredited was run once more.
import { mapStep } from "@starling/protocol";
import { type Job, openAudit, type Task } from "../ledger/job.ts";
import type { Lease } from "../ledger/lease.ts";
import { isJobOver } from "../lifecycle/tables.ts";
import type { CoordinatorState } from "../state.ts";

interface Counts {
  provisional: number;
  underAudit: number;
  settled: number;
}

/** Lists broken invariants of results between acceptance and anchor. */
export function settlementViolations(state: CoordinatorState): readonly string[] {
  const broken: string[] = [];
  const counted = new Map<Job, Counts>();
  for (const task of state.ledger.tasks.values()) {
    const job = state.ledger.jobs.get(task.jobId);
    if (job === undefined) continue;
    const counts = counted.get(job) ?? { provisional: 0, underAudit: 0, settled: 0 };
    counted.set(job, counts);
    if (task.result !== null && task.settledAt === null) counts.provisional += 1;
    if (openAudit(task) !== null) counts.underAudit += 1;
    if (task.settledAt !== null && task.step === mapStep) counts.settled += 1;
    for (const what of taskFlaws(state, job, task)) broken.push(`task ${task.taskId} ${what}`);
  }
  for (const [job, counts] of counted) broken.push(...jobFlaws(job, counts));
  for (const { unanchored, escrowId } of state.ledger.escrows.values()) {
    for (const taskId of unanchored) {
      if (state.ledger.tasks.get(taskId)?.settledAt == null)
        broken.push(`escrow ${escrowId} would anchor ${taskId}, which is not settled`);
    }
  }
  return broken;
}

function jobFlaws(job: Job, { provisional, underAudit, settled }: Counts): readonly string[] {
  const broken: string[] = [];
  const { jobId } = job;
  if (job.provisional !== provisional)
    broken.push(`job ${jobId} counts ${job.provisional} provisional results of ${provisional}`);
  if (job.underAudit !== underAudit) broken.push(`job ${jobId} counts ${job.underAudit} open audits of ${underAudit}`);
  if (job.mapSettled !== settled) broken.push(`job ${jobId} counts ${job.mapSettled} settled tasks of ${settled}`);
  if (isJobOver(job.state) && provisional > 0) broken.push(`job ${jobId} is ${job.state} with provisional results`);
  return broken;
}

function taskFlaws(state: CoordinatorState, job: Job, task: Task): readonly string[] {
  const { result, settledAt, settlesAt } = task;
  if (settledAt === null) return task.anchor === null ? [] : ["is anchored and not settled"];
  if (result === null || settlesAt === null) return ["is settled without a result"];
  if (openAudit(task) !== null) return ["is settled and still audited"];
  // The end of a job that did not complete settles whatever there is, audited or not.
  const isCutShort = isJobOver(job.state) && job.state !== "completed";
  if (isCutShort) return [];
  const broken: string[] = [];
  if (settledAt < settlesAt) broken.push(`settled ${settlesAt - settledAt} ms too early`);
  const winners = result.winners.flatMap((leaseId) => state.ledger.leases.get(leaseId) ?? []);
  if (task.audits.length === 0 && result.by === "agreement" && wasDue(task, winners))
    broken.push("was to be audited and is not");
  if (winners.some((lease) => wasForgotten(state, task, { lease, winners }))) broken.push("was not checked again");
  return broken;
}

function wasDue({ sets }: Task, winners: readonly Lease[]): boolean {
  return sets.some(({ drawn }) => drawn === true) || (winners.length === 1 && winners.some(({ checked }) => checked));
}

// Its operator was caught while the result could still change. However often that happens, one more look for each operator is enough.
function wasForgotten(
  state: CoordinatorState,
  { audits, settledAt }: Task,
  { lease, winners }: { readonly lease: Lease; readonly winners: readonly Lease[] },
): boolean {
  const caughtAt = caughtSince(state, lease);
  if (caughtAt === null || settledAt === null || caughtAt >= settledAt) return false;
  // Whoever was caught after the result was settled asked for nothing any more.
  const caught = winners.filter((winner) => (caughtSince(state, winner) ?? settledAt) < settledAt);
  const looks = audits.filter(({ cause }) => cause === "retro").length;
  if (looks >= new Set(caught.map(({ operator }) => operator)).size) return false;
  return !audits.some(({ at }) => at >= caughtAt) && !winners.some(({ offeredAt }) => offeredAt > caughtAt);
}

function caughtSince({ ledger }: CoordinatorState, { operator, offeredAt }: Lease): number | null {
  const caughtAt = ledger.operators.get(operator)?.caughtAt ?? null;
  return caughtAt === null || offeredAt > caughtAt ? null : caughtAt;
}
