// What a worker still owes the world after a restart.
import { resumeChain } from "./sender-bridge.ts";
import type { WorkerState } from "./state.ts";
import type { WorkerTurn } from "./worker.ts";

/** What was signed for the chain is sent again, and runs that were cut off are started again; frames are repeated when their coordinator reconnects. */
export function resume(state: WorkerState, turn: WorkerTurn): void {
  resumeChain(state, turn);
  const { running } = state.presence;
  for (const [leaseId, held] of state.ledger.leases) {
    if (held.state !== "running" || running.size >= state.config.slots) continue;
    running.add(leaseId);
    turn.request({ type: "runLease", coordinator: held.coordinator, lease: held.lease });
  }
}
