// Which answers are awaited now, and how many bytes of outputs each may bring: nothing else is taken from a worker.
import { type Address, type LeaseId, limits } from "@starling/protocol";
import type { Lease } from "../ledger/lease.ts";
import { stepSpecOf } from "../program.ts";
import type { CoordinatorState } from "../state.ts";

/** Whether the worker has a lease whose answer it may show now. */
export function isRevealAwaited(state: CoordinatorState, worker: Address, leaseId: LeaseId): boolean {
  const lease = state.ledger.leases.get(leaseId);
  return lease?.worker === worker && isAwaited(lease);
}

/** The leases whose answers the worker may show now, each with the bytes that its outputs may have. */
export function awaitedUploads(state: CoordinatorState, worker: Address): ReadonlyMap<LeaseId, number> {
  const awaited = new Map<LeaseId, number>();
  for (const leaseId of state.index.liveLeases.get(worker) ?? []) {
    const lease = state.ledger.leases.get(leaseId);
    const job = lease === undefined ? undefined : state.ledger.jobs.get(lease.jobId);
    const task = lease === undefined ? undefined : state.ledger.tasks.get(lease.taskId);
    if (lease === undefined || job === undefined || task === undefined) continue;
    const { outputBytes, checkpoint } = stepSpecOf(job, task.step).limits;
    if (isAwaited(lease)) awaited.set(leaseId, outputBytes);
    else if (lease.state === "running" && checkpoint !== undefined)
      awaited.set(
        leaseId,
        CHECKPOINTS_AHEAD * (checkpoint.bytes + limits.checkpointListBytes) + (lease.told?.bytes ?? 0),
      );
  }
  return awaited;
}

/** What was told was pushed before: one under way, and one that is pushed while the other is told. */
const CHECKPOINTS_AHEAD = 2;

// Before the set is closed nothing that derives from an output may leave a worker.
function isAwaited({ state, revealBy }: Lease): boolean {
  return state === "committed" && revealBy !== null;
}
