// Says again what a coordinator may have missed: after a reconnect, or when it repeats a lease.
import type { Address, LeaseId } from "@starling/protocol";
import type { HeldLease, WorkerState } from "../state.ts";
import type { WorkerTurn } from "../worker.ts";
import { revealOf } from "./outcome.ts";

/** Repeats the last word on every lease of this coordinator. */
export function resendTo(state: WorkerState, coordinator: Address, turn: WorkerTurn): void {
  for (const held of state.ledger.leases.values()) {
    if (held.coordinator === coordinator) repeat(held, turn);
  }
}

/** Repeats the last word on one lease. */
export function resendLease(state: WorkerState, leaseId: LeaseId, turn: WorkerTurn): void {
  const held = state.ledger.leases.get(leaseId);
  if (held !== undefined) repeat(held, turn);
}

function repeat(held: HeldLease, turn: WorkerTurn): void {
  const { coordinator, lease, answer } = held;
  const { leaseId, attempt, taskSpec } = lease;
  if (held.state === "accepted" || held.state === "running") {
    turn.request({ type: "sendAccepts", coordinator, leases: [{ leaseId, attempt }] });
  } else if (held.state === "committed" && answer !== null) {
    turn.request({
      type: "sendCommits",
      coordinator,
      items: [{ leaseId, taskSpec, attempt, commitment: answer.commitment }],
    });
  } else if (held.state === "revealed") {
    turn.request({
      type: "sendReveals",
      coordinator,
      escrowId: lease.escrowId,
      fine: lease.fine,
      items: revealOf(held),
    });
  }
}
