// Draining: no more work is taken, and what is under way may come to its end within a limit.
import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "@starling/node-kit";
import { systemClock } from "@starling/node-kit";
import type { WorkerState } from "../core/index.ts";
import type { WorkerEngine } from "./engine.ts";

/** Only the end of a daemon waits like this, never a task. */
const LOOK_EVERY_MS = 50;

/** Resolves when nothing is left to do for a coordinator that is there, or at the limit; false where the owner lets it go on after all. */
export async function drain(engine: WorkerEngine, limitMs: number, logger: Logger): Promise<boolean> {
  await engine.submit({ type: "drainRequested" });
  const endMs = systemClock.monotonicMs() + limitMs;
  const atFirst = engine.read(unfinished);
  if (atFirst === 0) return true;
  logger.info("worker drains", { leases: atFirst, ...(Number.isFinite(limitMs) ? { limitMs } : {}) });
  while (engine.read(unfinished) > 0 && systemClock.monotonicMs() < endMs) {
    await delay(LOOK_EVERY_MS);
    if (!engine.read(isDraining)) return false;
  }
  logger.info("worker drained", { leases: engine.read(unfinished) });
  return true;
}

function isDraining({ presence }: WorkerState): boolean {
  return presence.drainingSince !== null;
}

// Leases whose answer is still owed. A coordinator that is gone can't take it; one that has it says the rest at the next greeting.
function unfinished(state: WorkerState): number {
  let count = 0;
  for (const held of state.ledger.leases.values()) {
    const isOwed = held.state === "accepted" || held.state === "running" || held.state === "committed";
    if (isOwed && state.presence.connections.has(held.coordinator)) count += 1;
  }
  return count;
}
