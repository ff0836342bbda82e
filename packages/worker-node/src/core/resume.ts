// What a worker still owes the world after a restart.
import { begin } from "./lifecycle/run.ts";
import { startsTasks } from "./owner/hold.ts";
import { resumeChain } from "./sender-bridge.ts";
import type { WorkerState } from "./state.ts";
import type { WorkerTurn } from "./worker.ts";

/** What was signed for the chain is sent again, and runs that were cut off are started again; frames are repeated when their coordinator reconnects. */
export function resume(state: WorkerState, turn: WorkerTurn): void {
  resumeChain(state, turn);
  if (!startsTasks(state)) return;
  const { running } = state.presence;
  for (const held of state.ledger.leases.values()) {
    if (held.state !== "running" || running.size >= state.config.slots) continue;
    begin(state, held, turn);
  }
}
