// The sums of what attempts used are those of the attempts, each counted once.
import type { Job } from "../ledger/job.ts";
import { usedBy } from "../ledger/usage.ts";
import type { CoordinatorState } from "../state.ts";

/** Three figures stand for all, which are added at the same places; numbers are fast, and exact up to far more than tests reach. */
interface Sums {
  attempts: number;
  wallMs: number;
  sized: number;
}

/** Lists jobs whose sums are wrong. */
export function usageViolations({ ledger }: CoordinatorState): readonly string[] {
  const right = new Map<string, Sums>();
  for (const lease of ledger.leases.values()) {
    const used = usedBy(lease);
    if (used === undefined) continue;
    let sums = right.get(lease.jobId);
    if (sums === undefined) {
      sums = none();
      right.set(lease.jobId, sums);
    }
    sums.attempts += 1;
    sums.wallMs += used.wallMs;
    if (lease.verdict === "accepted") sums.sized += 1;
  }
  return [...ledger.jobs.values()].flatMap((job) => {
    const found = text(sumsOf(job));
    const expected = text(right.get(job.jobId) ?? none());
    return found === expected ? [] : [`job ${job.jobId} has the sums of ${found}, not of ${expected}`];
  });
}

function none(): Sums {
  return { attempts: 0, wallMs: 0, sized: 0 };
}

function sumsOf({ usage }: Job): Sums {
  const sums = none();
  for (const { attempts, wallMs, runMs } of usage?.values() ?? []) {
    sums.attempts += attempts;
    sums.wallMs += Number(wallMs);
    for (const count of runMs.values()) sums.sized += count;
  }
  return sums;
}

function text({ attempts, wallMs, sized }: Sums): string {
  return `${attempts} attempts of ${wallMs} ms, ${sized} of them accepted`;
}
