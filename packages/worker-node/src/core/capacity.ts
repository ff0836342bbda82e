// What is free and what is promised: slots, prefetch and exposure.
import type { EscrowId, RuntimeClass } from "@starling/protocol";
import { takesWork } from "./owner/hold.ts";
import type { WorkerState } from "./state.ts";

/** Leases that still need the executor (accepted or running), pending ones included. */
export function unfinished(state: WorkerState): number {
  let count = state.presence.pending.size;
  for (const held of state.ledger.leases.values()) {
    if (held.state === "accepted" || held.state === "running") count += 1;
  }
  return count;
}

/** The classes that work. */
export function workingClasses({ config, presence }: WorkerState): readonly RuntimeClass[] {
  return presence.classes ?? config.classes;
}

/** How many leases the worker wants to hold: its slots, and more of them when runs are short. */
export function creditWanted(state: WorkerState): number {
  const { slots, policy } = state.config;
  const { runMs } = state.presence;
  if (!takesWork(state) || workingClasses(state).length === 0) return 0;
  if (runMs === null) return slots * 2;
  if (runMs <= policy.tinyRunMs) return slots * policy.prefetchMax;
  return runMs <= 10 * policy.tinyRunMs ? slots * 3 : slots + 1;
}

/** Slots that a coordinator may fill now. */
export function freeSlots(state: WorkerState): number {
  return Math.max(0, creditWanted(state) - unfinished(state));
}

/** Pay in this escrow that no voucher covers yet: accepted results and leases under way, base units. */
export function exposure(state: WorkerState, escrowId: EscrowId): bigint {
  const { ledger } = state;
  let sum = (ledger.earned.get(escrowId) ?? 0n) - (ledger.vouchers.get(escrowId)?.cumulative ?? 0n);
  if (sum < 0n) sum = 0n;
  for (const held of ledger.leases.values()) {
    if (held.lease.escrowId === escrowId) sum += held.lease.price;
  }
  return sum;
}
