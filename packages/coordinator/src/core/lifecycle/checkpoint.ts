// What workers tell of their checkpoints: kept with their lease while the task has no result.
import { type Checkpoint, type CheckpointTerms, limits } from "@starling/protocol";
import type { Lease } from "../ledger/lease.ts";
import { stepSpecOf } from "../program.ts";
import type { CoordinatorState } from "../state.ts";
import type { CoordinatorTurn } from "../turn.ts";
import { isLive } from "./tables.ts";

// One for each stretch of time, and the last; each brings a file.
function mostTimes(timeoutMs: number, { everyMs, graceMs }: CheckpointTerms): number {
  return Math.ceil((timeoutMs + graceMs) / everyMs) + 2;
}

/** Notes those that are new. What no honest worker tells is passed over: it is only ever gone on from where others agree. */
export function noteCheckpoints(
  state: CoordinatorState,
  lease: Lease,
  { told = [], turn }: { readonly told: readonly Checkpoint[] | undefined; readonly turn: CoordinatorTurn },
): void {
  const task = state.ledger.tasks.get(lease.taskId);
  const job = state.ledger.jobs.get(lease.jobId);
  if (task === undefined || job === undefined || task.result !== null || !isLive(lease.state)) return;
  const terms = stepSpecOf(job, task.step).limits.checkpoint;
  if (terms === undefined || (lease.told?.times ?? 0) >= mostTimes(stepSpecOf(job, task.step).limits.timeoutMs, terms))
    return;
  let last = lease.checkpoints?.at(-1)?.step ?? lease.resume?.step ?? -1;
  const checkpoints: Checkpoint[] = [];
  for (const { step, cid, size } of told) {
    if (step <= last || size > terms.bytes + limits.checkpointListBytes) continue;
    last = step;
    checkpoints.push({ step, cid, size });
  }
  if (checkpoints.length > 0)
    turn.record({ type: "checkpointsTold", leaseId: lease.leaseId, checkpoints, at: turn.now });
}
