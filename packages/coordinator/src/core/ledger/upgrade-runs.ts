// Escrows of snapshots that were taken before results were hashed in runs.
import type { CoordinatorLedger } from "../state.ts";
import { countUnanchored, type Escrow } from "./escrow.ts";

/** Gives escrows what they lack: what stands in no batch was never hashed, and every batch is one tree. */
export function withRuns(ledger: CoordinatorLedger): CoordinatorLedger {
  for (const escrow of ledger.escrows.values()) if (escrow.runs === undefined) upgrade(ledger, escrow);
  return ledger;
}

function upgrade(ledger: CoordinatorLedger, escrow: Escrow): void {
  Object.assign(escrow, { runs: [], batchedAt: null, unanchoredOf: new Map() });
  for (const batch of escrow.batches) Object.assign(batch, { runs: [] });
  for (const taskId of escrow.unanchored) {
    const task = ledger.tasks.get(taskId);
    if (task !== undefined) countUnanchored(escrow, task.jobId, 1);
  }
}
