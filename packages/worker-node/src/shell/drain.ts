// Draining: no more work is taken, and what is under way may come to its end within a limit.
import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "@starling/node-kit";
import { systemClock } from "@starling/node-kit";
import type { WorkerState } from "../core/index.ts";
import type { WorkerEngine } from "./engine.ts";

/** Only the end of a daemon waits like this, never a task. */
const LOOK_EVERY_MS = 50;

/** For what comes after a program's end: its checkpoint is read and stored. */
const KEEPING_MS = 5_000;

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

/** Asks running tasks for their last checkpoint, and resolves when they are dead or have had their grace. */
export async function endRuns(engine: WorkerEngine, logger: Logger): Promise<void> {
  await engine.submit({ type: "endRequested" });
  if (!engine.read(isStopping)) return;
  const graceMs = engine.read(longestGrace);
  logger.info("running tasks are asked for checkpoints", { graceMs });
  const endMs = systemClock.monotonicMs() + graceMs + KEEPING_MS;
  while (engine.read(isStopping) && systemClock.monotonicMs() < endMs) await delay(LOOK_EVERY_MS);
}

function isStopping({ presence }: WorkerState): boolean {
  return presence.stopping.size > 0;
}

function longestGrace({ ledger, presence }: WorkerState): number {
  const graces = [...presence.stopping].map((id) => ledger.leases.get(id)?.lease.task.limits.checkpoint?.graceMs ?? 0);
  return Math.max(0, ...graces);
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
