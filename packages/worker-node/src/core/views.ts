// Read models of a worker, for its status command and metrics.
import type { WorkerState } from "./state.ts";

export interface WorkerStatus {
  readonly draining: boolean;
  readonly coordinators: readonly { readonly coordinator: string; readonly epoch: number }[];
  readonly leases: readonly {
    readonly leaseId: string;
    readonly jobId: string;
    readonly index: number;
    readonly state: string;
    readonly endsBy: number;
  }[];
  readonly pending: number;
  readonly vouchers: readonly { readonly escrowId: string; readonly cumulative: bigint }[];
}

export function statusView(state: WorkerState): WorkerStatus {
  const { ledger, presence } = state;
  return {
    draining: presence.draining,
    coordinators: [...presence.connections].map(([coordinator, connection]) => ({
      coordinator,
      epoch: connection.epoch,
    })),
    leases: [...ledger.leases].map(([leaseId, held]) => ({
      leaseId,
      jobId: held.lease.jobId,
      index: held.lease.index,
      state: held.state,
      endsBy: held.endsBy,
    })),
    pending: presence.pending.size,
    vouchers: [...ledger.vouchers].map(([escrowId, voucher]) => ({ escrowId, cumulative: voucher.cumulative })),
  };
}

/** The leases that this worker still holds of a coordinator, for its hello. */
export function holdingOf(
  state: WorkerState,
  coordinator: string | null,
): { leaseId: `0x${string}`; attempt: number }[] {
  const holding = [];
  for (const [leaseId, held] of state.ledger.leases) {
    if (coordinator === null || held.coordinator === coordinator)
      holding.push({ leaseId, attempt: held.lease.attempt });
  }
  return holding;
}
