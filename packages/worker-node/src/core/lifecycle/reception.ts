// Leases as they come in: taken, kept waiting for their allotment, declined, revoked, or run out of time.
import { accepted, assertNever, type Outcome, rejected } from "@starling/kernel";
import type { Address, DeclineReason, LeaseId, LeaseItem } from "@starling/protocol";
import { admit } from "../admission.ts";
import type { WorkerInput } from "../input.ts";
import type { WorkerState } from "../state.ts";
import type { WorkerTurn } from "../worker.ts";
import { resendLease } from "./resend.ts";

type Of<T extends WorkerInput["type"]> = Extract<WorkerInput, { type: T }>;
type Declined = { readonly leaseId: LeaseId; readonly reason: DeclineReason; readonly message: string };

/** A frame of leases: each is judged on its own, the answers go out as one frame each. */
export function leasesReceived(state: WorkerState, input: Of<"leasesReceived">, turn: WorkerTurn): Outcome {
  const connection = state.presence.connections.get(input.coordinator);
  if (connection === undefined || connection.session !== input.session)
    return rejected("staleSession", "that stream was already replaced");
  // The coordinator counts what it sends against the last ask, so the next ask is due in any case.
  connection.askedSlots = -1;
  const declined: Declined[] = [];
  const took: { leaseId: LeaseId; attempt: number }[] = [];
  const escrows = new Set<LeaseItem["escrowId"]>();
  for (const lease of input.items) {
    if (state.ledger.leases.has(lease.leaseId)) {
      resendLease(state, lease.leaseId, turn);
      continue;
    }
    if (state.presence.pending.has(lease.leaseId)) continue;
    const admission = admit(state, { lease, coordinator: input.coordinator }, turn.now);
    if (admission.kind === "take") took.push(take(input.coordinator, input.epoch, { lease, turn }));
    else if (admission.kind === "decline")
      declined.push({ leaseId: lease.leaseId, reason: admission.reason, message: admission.message });
    else if (admission.kind === "wait") {
      state.presence.pending.set(lease.leaseId, {
        coordinator: input.coordinator,
        epoch: input.epoch,
        lease,
        receivedAt: turn.now,
        declineAt: turn.now + state.config.policy.allotmentWaitMs,
      });
      escrows.add(lease.escrowId);
    } else assertNever(admission, "admission");
  }
  for (const escrowId of escrows) turn.request({ type: "refreshAllotment", escrowId });
  if (took.length > 0) turn.request({ type: "sendAccepts", coordinator: input.coordinator, leases: took });
  if (declined.length > 0) turn.request({ type: "sendDeclines", coordinator: input.coordinator, leases: declined });
  return accepted();
}

function take(
  coordinator: Address,
  epoch: number,
  { lease, turn }: { lease: LeaseItem; turn: WorkerTurn },
): { leaseId: LeaseId; attempt: number } {
  turn.record({ type: "leaseAccepted", coordinator, epoch, lease, at: turn.now });
  return { leaseId: lease.leaseId, attempt: lease.attempt };
}

/** The chain's confirmed view arrived: leases that waited for it are judged again. */
export function allotmentSeen(state: WorkerState, input: Of<"allotmentSeen">, turn: WorkerTurn): Outcome {
  state.presence.allotments.set(input.escrowId, {
    coordinator: input.coordinator,
    payer: input.payer,
    allotted: input.allotted,
    claimed: input.claimed,
    expiresAt: input.expiresAt,
  });
  const took = new Map<Address, { leaseId: LeaseId; attempt: number }[]>();
  for (const [leaseId, pending] of [...state.presence.pending]) {
    if (pending.lease.escrowId !== input.escrowId) continue;
    const admission = admit(state, pending, turn.now);
    // Still not covered: it waits on for a later block, until `declineAt`.
    if (admission.kind === "wait") continue;
    state.presence.pending.delete(leaseId);
    if (admission.kind === "take") {
      const list = took.get(pending.coordinator) ?? [];
      list.push(take(pending.coordinator, pending.epoch, { lease: pending.lease, turn }));
      took.set(pending.coordinator, list);
    } else {
      turn.request({
        type: "sendDeclines",
        coordinator: pending.coordinator,
        leases: [{ leaseId, reason: admission.reason, message: admission.message }],
      });
    }
  }
  for (const [coordinator, leases] of took) turn.request({ type: "sendAccepts", coordinator, leases });
  return accepted();
}

/** The coordinator takes leases back: their runs are killed, nothing more is said of them. */
export function leasesRevoked(state: WorkerState, input: Of<"leasesRevoked">, turn: WorkerTurn): Outcome {
  for (const { leaseId, reason } of input.leases) {
    const pending = state.presence.pending.get(leaseId);
    if (pending !== undefined && pending.coordinator === input.coordinator) state.presence.pending.delete(leaseId);
    const held = state.ledger.leases.get(leaseId);
    if (held === undefined || held.coordinator !== input.coordinator) continue;
    const wasRunning = held.state === "running";
    turn.record({ type: "leaseRevoked", leaseId, reason });
    forget(state, leaseId);
    if (wasRunning) turn.request({ type: "killRun", leaseId });
  }
  return accepted();
}

/** Ends what has outlived its deadline. */
export function expireLeases(state: WorkerState, turn: WorkerTurn): void {
  for (const [leaseId, pending] of [...state.presence.pending]) {
    if (pending.declineAt > turn.now) continue;
    state.presence.pending.delete(leaseId);
    const message = `no confirmed allotment covers this lease in escrow ${pending.lease.escrowId}`;
    turn.request({
      type: "sendDeclines",
      coordinator: pending.coordinator,
      leases: [{ leaseId, reason: "notAllotted", message }],
    });
  }
  for (const [leaseId, held] of [...state.ledger.leases]) {
    if (held.endsBy > turn.now) continue;
    const wasRunning = held.state === "running";
    turn.record({ type: "leaseExpired", leaseId, reason: `${held.state} past its deadline` });
    forget(state, leaseId);
    if (wasRunning) turn.request({ type: "killRun", leaseId });
  }
}

/** Drops the volatile traces of a lease that ended. */
export function forget(state: WorkerState, leaseId: LeaseId): void {
  state.presence.progress.delete(leaseId);
  state.presence.running.delete(leaseId);
  state.presence.stopping.delete(leaseId);
  state.presence.killed.delete(leaseId);
  state.presence.told.delete(leaseId);
}
