// What is free, covered and paid, computed from promises and the confirmed view of the chain. Base units.
import type { Address } from "@starling/protocol";
import { intentStatus } from "@starling/settlement";
import type { Escrow } from "../ledger/escrow.ts";
import type { Job } from "../ledger/job.ts";
import type { PaymentState } from "../lifecycle/tables.ts";
import type { CoordinatorState } from "../state.ts";

const zero = 0n;

/** The larger of two amounts. */
export function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

/** The smaller of two amounts. */
export function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

/** What a job may still cost more than it has promised so far. */
export function budgetLeft(job: Job): bigint {
  return job.submission.order.budget - job.owed - job.inFlight;
}

/** Confirmed money of the escrow that no open job has reserved and no ended job has spent. */
export function freeMoney(state: CoordinatorState, escrow: Escrow): bigint {
  let free = escrow.chain.budget - escrow.owedByEnded;
  for (const jobId of escrow.openJobs.keys()) {
    const job = state.ledger.jobs.get(jobId);
    // A job whose own deposit is still on its way brings as much as it reserves.
    if (job !== undefined && (job.funded || job.funding === "reserved")) free -= job.submission.order.budget;
  }
  return free > zero ? free : zero;
}

/** What the confirmed allotment of a worker still covers: its total less what was earned and what is under way. */
export function creditLeft(escrow: Escrow, worker: Address): bigint {
  const total = escrow.chain.allotments.get(worker)?.total ?? zero;
  return total - (escrow.owed.get(worker) ?? zero) - (escrow.inFlight.get(worker) ?? zero);
}

/** Money that no allotment holds, not even one on its way. */
export function unallotted(escrow: Escrow): bigint {
  let left = escrow.chain.budget;
  for (const [worker, { total }] of escrow.chain.allotments) {
    const pending = escrow.allotting.get(worker)?.total ?? zero;
    left -= pending > total ? pending : total;
  }
  for (const [worker, { total }] of escrow.allotting) if (!escrow.chain.allotments.has(worker)) left -= total;
  return left;
}

/** What a worker has earned and the chain has not paid. */
export function unpaid(escrow: Escrow, worker: Address): bigint {
  return (escrow.owed.get(worker) ?? zero) - (escrow.chain.paid.get(worker) ?? zero);
}

/** Where the pay of a worker stands; null when it has earned nothing. */
export function paymentState(state: CoordinatorState, escrow: Escrow, worker: Address): PaymentState | null {
  const owed = escrow.owed.get(worker) ?? zero;
  if (owed === zero) return null;
  if ((escrow.chain.paid.get(worker) ?? zero) >= owed) return "final";
  const paying = escrow.paying.get(worker);
  if (paying === undefined || paying.cumulative < owed) return "owed";
  switch (intentStatus(state.ledger.sender, paying.intentId)) {
    case "intended":
    case "signed":
      return "intended";
    case "broadcast":
      return "broadcast";
    case "mined":
    case "final":
      return "mined";
    default:
      return "owed";
  }
}
