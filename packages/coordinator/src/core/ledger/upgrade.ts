// Ledgers of snapshots that were taken before results were provisional: what they lack is filled in as those rules would have it.
import { mapStep } from "@starling/protocol";
import { usageOfLeases } from "../evolve/usage.ts";
import { isLost } from "../lifecycle/tables.ts";
import type { CoordinatorLedger } from "../state.ts";
import { addAmount, type Escrow, newEscrow } from "./escrow.ts";
import { type Job, noAudits, noSets, type Task } from "./job.ts";
import type { Lease } from "./lease.ts";
import { withRuns } from "./upgrade-runs.ts";

/** The ledger with everything that today's has. One that lacks nothing is left as it is. */
export function upgraded(data: unknown): CoordinatorLedger {
  const ledger = withRuns(withUsage(withDisputes(data as CoordinatorLedger)));
  if (ledger.operators !== undefined) return ledger;
  const full: CoordinatorLedger = { ...ledger, operators: new Map() };
  for (const lease of full.leases.values()) upgradeLease(lease);
  for (const task of full.tasks.values()) upgradeTask(task);
  for (const job of full.jobs.values()) upgradeJob(full, job);
  for (const escrow of full.escrows.values()) upgradeEscrow(full, escrow);
  return full;
}

// Nobody was disputed, and what was owed stays so.
function withDisputes(ledger: CoordinatorLedger): CoordinatorLedger {
  if (ledger.disputes !== undefined) return ledger;
  for (const { finesDue } of ledger.escrows.values()) for (const due of finesDue?.values() ?? []) due.outcome = null;
  return { ...ledger, disputes: new Map(), credits: new Map() };
}

// Sums were not kept: they are those of the leases.
function withUsage(ledger: CoordinatorLedger): CoordinatorLedger {
  const isKept = [...ledger.jobs.values()].every(({ usage, startedAt }) => usage !== undefined || startedAt === null);
  if (isKept) return ledger;
  const usages = usageOfLeases(ledger);
  for (const job of ledger.jobs.values()) {
    const usage = usages.get(job.jobId);
    if (job.usage === undefined && usage !== undefined) job.usage = usage;
  }
  return ledger;
}

/** Gives an object what it lacks. */
function fill<T extends object>(target: T, missing: Partial<T>): void {
  Object.assign(target, { ...missing, ...target });
}

// Of a settled lease nothing could become any more.
function upgradeLease(lease: Lease): void {
  fill(lease, { fineHeld: lease.state !== "settled" && !isLost(lease.state), checked: false, caught: null });
}

// What was accepted counted at once.
function upgradeTask(task: Task): void {
  const settledAt = task.result?.at ?? null;
  fill(task, { sets: noSets, audits: noAudits, settlesAt: settledAt, settledAt });
  if (task.result !== null) fill(task.result, { caught: task.result.losers });
}

function upgradeJob(ledger: CoordinatorLedger, job: Job): void {
  const tasks = [...ledger.tasks.values()].filter(({ jobId, settledAt }) => jobId === job.jobId && settledAt !== null);
  let attempts = 0;
  for (const lease of ledger.leases.values()) {
    if (lease.jobId === job.jobId) attempts = Math.max(attempts, lease.attempt);
  }
  fill(job, {
    mapSettled: tasks.filter(({ step }) => step === mapStep).length,
    reduceSettled: tasks.some(({ step }) => step !== mapStep),
    provisional: 0,
    underAudit: 0,
    audits: { ordered: 0, missed: 0 },
    attempts,
  });
}

function upgradeEscrow(ledger: CoordinatorLedger, escrow: Escrow): void {
  const { chain, ...fresh } = newEscrow(escrow.escrowId, escrow.payer, escrow.openedAt);
  fill(escrow, fresh);
  fill(escrow.chain, chain);
  escrow.fines.clear();
  for (const { escrowId, operator, fine, fineHeld } of ledger.leases.values()) {
    if (fineHeld && escrowId === escrow.escrowId) addAmount(escrow.fines, operator, fine);
  }
}
