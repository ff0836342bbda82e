// Drops an escrow that was closed long ago, with all that was paid from it: memory stays bounded by what is recent.
import { mapStep, reduceStep, taskIdOf } from "@starling/protocol";
import type { Escrow } from "../ledger/escrow.ts";
import type { Job } from "../ledger/job.ts";
import type { CoordinatorState } from "../state.ts";

/** Removes the escrow, its jobs, their tasks and leases, and its accounts in the books (which sum to zero). */
export function forgetEscrow(state: CoordinatorState, { escrowId }: Escrow): void {
  const { jobs, escrows, books } = state.ledger;
  for (const job of [...jobs.values()]) if (job.escrowId === escrowId) forgetJob(state, job);
  for (const account of [...books.balances.keys()]) {
    if (account.split("/")[1] === escrowId) books.balances.delete(account);
  }
  escrows.delete(escrowId);
}

function forgetJob(state: CoordinatorState, { jobId, mapQueued }: Job): void {
  const { jobs, tasks, leases } = state.ledger;
  const places = [{ step: reduceStep, index: 0 }];
  for (let index = 0; index < mapQueued; index += 1) places.push({ step: mapStep, index });
  for (const place of places) {
    const taskId = taskIdOf({ jobId, ...place });
    for (const leaseId of tasks.get(taskId)?.leases ?? []) leases.delete(leaseId);
    tasks.delete(taskId);
  }
  jobs.delete(jobId);
}
