// Drops an escrow that was closed long ago, with all that was paid from it: memory stays bounded by what is recent.
import type { Escrow } from "../ledger/escrow.ts";
import type { Job } from "../ledger/job.ts";
import { tasksOf } from "../lifecycle/task.ts";
import type { CoordinatorState } from "../state.ts";

/** Removes the escrow, its jobs, their tasks and leases, and its accounts in the books (which sum to zero). */
export function forgetEscrow(state: CoordinatorState, { escrowId }: Escrow): void {
  const { jobs, escrows, books, disputes } = state.ledger;
  for (const job of [...jobs.values()]) if (job.escrowId === escrowId) forgetJob(state, job);
  for (const account of [...books.balances.keys()]) {
    if (account.split("/")[1] === escrowId) books.balances.delete(account);
  }
  for (const dispute of [...disputes.values()]) if (dispute.escrowId === escrowId) disputes.delete(dispute.disputeId);
  escrows.delete(escrowId);
}

function forgetJob(state: CoordinatorState, job: Job): void {
  const { jobs, tasks, leases } = state.ledger;
  for (const task of tasksOf(state, job)) {
    for (const leaseId of task.leases) leases.delete(leaseId);
    tasks.delete(task.taskId);
  }
  jobs.delete(job.jobId);
}
