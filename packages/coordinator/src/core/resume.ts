// What a coordinator still owes the world after a restart, and the first look at what was cut off.
import type { Turn } from "@starling/kernel";
import type { CoordinatorEffect } from "./effect.ts";
import type { CoordinatorFact } from "./fact.ts";
import { resumeSettlement } from "./money/bridge.ts";
import type { CoordinatorState } from "./state.ts";

/** Requests again what was asked of chain and keys; workers are told what they missed when they come back. */
export function resume(state: CoordinatorState, turn: Turn<CoordinatorFact, CoordinatorEffect>): void {
  startProcess(state, turn.now);
  resumeSettlement(state, turn);
  for (const { escrowId, batches } of state.ledger.escrows.values()) {
    for (const { batch, root, taskIds, signed } of batches) {
      if (signed !== null || taskIds.length === 0) continue;
      turn.request({ type: "signAnchor", escrowId, batch, root, count: taskIds.length, epoch: state.ledger.epoch });
    }
  }
}

/** Sets the first alarms of this process: one look at everything, and the end of grace for workers that do not come back. */
export function startProcess(state: CoordinatorState, now: number): void {
  if (state.presence.startedAt !== null) return;
  state.presence.startedAt = now;
  state.index.timers.push({ at: now, kind: "start", id: "" });
  state.index.timers.push({ at: now + state.config.policy.restartGraceMs, kind: "lost", id: "" });
}
