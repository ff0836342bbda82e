// What attempts used, added up by job as they end. Nothing is decided by it.
import { present } from "@starling/kernel";
import type { Lease } from "../ledger/lease.ts";
import { type JobUsage, noteSize, noteUsage, usedBy } from "../ledger/usage.ts";
import type { CoordinatorLedger } from "../state.ts";

/** A lease was revealed, or failed. */
export function addUsage(ledger: CoordinatorLedger, lease: Lease): void {
  if (usedBy(lease) !== undefined) noteUsage(usageOf(ledger, lease), stepOf(ledger, lease), lease);
}

/** The answer of a lease was accepted. */
export function addSize(ledger: CoordinatorLedger, lease: Lease): void {
  if (lease.answer !== null) noteSize(usageOf(ledger, lease), stepOf(ledger, lease), lease);
}

/** What all leases together used, by job. */
export function usageOfLeases(ledger: CoordinatorLedger): ReadonlyMap<string, JobUsage> {
  const usages = new Map<string, JobUsage>();
  for (const lease of ledger.leases.values()) {
    if (usedBy(lease) === undefined) continue;
    const usage = usages.get(lease.jobId) ?? new Map();
    usages.set(lease.jobId, usage);
    noteUsage(usage, stepOf(ledger, lease), lease);
    if (lease.verdict === "accepted") noteSize(usage, stepOf(ledger, lease), lease);
  }
  return usages;
}

function usageOf(ledger: CoordinatorLedger, { jobId }: Lease): JobUsage {
  const job = present(ledger.jobs.get(jobId), `job ${jobId}`);
  job.usage ??= new Map();
  return job.usage;
}

function stepOf(ledger: CoordinatorLedger, { taskId }: Lease): string {
  return present(ledger.tasks.get(taskId), `task ${taskId}`).step;
}
