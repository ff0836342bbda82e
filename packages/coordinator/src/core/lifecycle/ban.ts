// Rule 4: a caught worker is out of the job, and with it its operator, since addresses are free.
import type { Reason } from "../fact.ts";
import type { Lease } from "../ledger/lease.ts";
import type { CoordinatorState } from "../state.ts";
import type { CoordinatorTurn } from "../turn.ts";
import { revokeLease } from "./lease.ts";
import { isLive } from "./tables.ts";

/** Bans the operator of a lease for the job, and takes back what it still works on there. */
export function banOperator(
  state: CoordinatorState,
  lease: Lease,
  { reason, turn }: { readonly reason: Reason; readonly turn: CoordinatorTurn },
): void {
  const { worker, operator, jobId } = lease;
  const job = state.ledger.jobs.get(jobId);
  if (job === undefined || job.banned.has(operator)) return;
  turn.record({ type: "workerBanned", worker, operator, jobId, reason });
  for (const other of otherLeases(state, lease)) {
    // In a closed set its answer is compared like any other; and a loss may have ended the job and all its leases.
    if (other.revealBy === null && isLive(other.state))
      revokeLease(state, other, { reason: { code: "banned", message: reason.message }, turn });
  }
}

function otherLeases(state: CoordinatorState, lease: Lease): readonly Lease[] {
  const found: Lease[] = [];
  for (const worker of state.ledger.workers.values()) {
    if (worker.operator !== lease.operator) continue;
    for (const leaseId of state.index.liveLeases.get(worker.worker) ?? []) {
      const other = state.ledger.leases.get(leaseId);
      if (other !== undefined && other.jobId === lease.jobId && other !== lease && isLive(other.state))
        found.push(other);
    }
  }
  return found;
}
