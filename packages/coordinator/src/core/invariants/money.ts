// Sums that are kept equal the sums of what they stand for; nobody is owed anything but the price of an accepted answer.
import type { Address, EscrowId, JobId } from "@starling/protocol";
import type { Escrow } from "../ledger/escrow.ts";
import type { Lease } from "../ledger/lease.ts";
import { isLost } from "../lifecycle/tables.ts";
import type { CoordinatorState } from "../state.ts";

interface Sums {
  readonly heldByJob: Map<JobId, bigint>;
  readonly owedByJob: Map<JobId, bigint>;
  readonly heldByWorker: Map<string, bigint>;
  readonly owedByWorker: Map<string, bigint>;
  readonly finesByOperator: Map<string, bigint>;
}

/** Lists sums that do not hold. */
export function moneyViolations(state: CoordinatorState): readonly string[] {
  const sums = sumUp(state);
  const broken: string[] = [];
  for (const job of state.ledger.jobs.values()) {
    const held = sums.heldByJob.get(job.jobId) ?? 0n;
    const owed = sums.owedByJob.get(job.jobId) ?? 0n;
    if (job.inFlight !== held) broken.push(`job ${job.jobId} holds ${job.inFlight} for leases that cost ${held}`);
    if (job.owed !== owed) broken.push(`job ${job.jobId} owes ${job.owed} for results that cost ${owed}`);
  }
  for (const lease of state.ledger.leases.values()) {
    if (lease.fineHeld !== isFinable(state, lease))
      broken.push(`lease ${lease.leaseId} is ${lease.state}, its fine ${lease.fineHeld ? "counts" : "does not count"}`);
  }
  for (const escrow of state.ledger.escrows.values()) broken.push(...escrowViolations(escrow, sums));
  return broken;
}

function escrowViolations(escrow: Escrow, sums: Sums): readonly string[] {
  const broken: string[] = [];
  const { escrowId, owed, inFlight, fines, uncovered, chain } = escrow;
  const same = (what: string, kept: ReadonlyMap<Address, bigint>, summed: ReadonlyMap<string, bigint>): void => {
    for (const [who, amount] of kept) {
      const sum = summed.get(`${escrowId}/${who}`) ?? 0n;
      if (sum !== amount) broken.push(`escrow ${escrowId} ${what} ${amount} for ${who}, the leases say ${sum}`);
    }
  };
  same("owes", owed, sums.owedByWorker);
  same("holds", inFlight, sums.heldByWorker);
  same("fines", fines, sums.finesByOperator);
  for (const [operator, amount] of fines) {
    const pledged = chain.pledges.get(operator) ?? 0n;
    if (amount > pledged + (uncovered.get(operator) ?? 0n))
      broken.push(`${operator} stands for fines of ${amount} with a pledge of ${pledged}`);
  }
  for (const [worker, paid] of chain.paid) {
    if (paid > (owed.get(worker) ?? 0n))
      broken.push(`escrow ${escrowId} paid ${worker} ${paid}, owed ${owed.get(worker) ?? 0n}`);
  }
  return broken;
}

function sumUp(state: CoordinatorState): Sums {
  const sums: Sums = {
    heldByJob: new Map(),
    owedByJob: new Map(),
    heldByWorker: new Map(),
    owedByWorker: new Map(),
    finesByOperator: new Map(),
  };
  for (const lease of state.ledger.leases.values()) {
    if (lease.fineHeld) add(sums.finesByOperator, workerKey(lease.escrowId, lease.operator), lease.fine);
    if (isLost(lease.state)) continue;
    const key = workerKey(lease.escrowId, lease.worker);
    if (lease.state !== "settled") {
      add(sums.heldByJob, lease.jobId, lease.price);
      add(sums.heldByWorker, key, lease.price);
    } else if (lease.verdict === "accepted") {
      add(sums.owedByJob, lease.jobId, lease.price);
      add(sums.owedByWorker, key, lease.price);
    }
  }
  return sums;
}

// A fine counts as long as anything can become of the answer, and for ever if its worker was caught.
function isFinable(state: CoordinatorState, lease: Lease): boolean {
  if (lease.caught !== null) return lease.fineHeld;
  if (lease.state !== "settled") return !isLost(lease.state);
  const task = state.ledger.tasks.get(lease.taskId);
  return task !== undefined && task.result !== null && task.settledAt === null;
}

function workerKey(escrowId: EscrowId, who: Address): string {
  return `${escrowId}/${who}`;
}

function add<K>(sums: Map<K, bigint>, key: K, amount: bigint): void {
  if (amount !== 0n) sums.set(key, (sums.get(key) ?? 0n) + amount);
}
