// Deadlines that have come: each alarm only says where to look.
import { assertNever } from "@starling/kernel";
import type { Address, EscrowId, JobId, LeaseId } from "@starling/protocol";
import { taskDueAt } from "./indexes/maintain.ts";
import type { Timer } from "./indexes/timers.ts";
import { jobDue } from "./lifecycle/job.ts";
import { leaseOverdue } from "./lifecycle/lease.ts";
import { loseAbsentWorkers, sessionOverdue } from "./lifecycle/session.ts";
import { refreshIdle, suspensionOver } from "./lifecycle/worker.ts";
import { offerDue } from "./scheduling/offer.ts";
import type { CoordinatorState } from "./state.ts";
import type { CoordinatorTurn } from "./turn.ts";
import { taskOverdue } from "./verification/overdue.ts";
import { openTickets } from "./verification/tickets.ts";

/** Handles every alarm that has gone off. Alarms that are set meanwhile for now or later wait for the next turn. */
export function fireTimers(state: CoordinatorState, turn: CoordinatorTurn): void {
  const due: Timer[] = [];
  for (let timer = state.index.timers.popDue(turn.now); timer !== null; timer = state.index.timers.popDue(turn.now)) {
    due.push(timer);
  }
  for (const timer of due) fire(state, timer, turn);
}

function fire(state: CoordinatorState, { kind, id }: Timer, turn: CoordinatorTurn): void {
  switch (kind) {
    case "lease":
      leaseOverdue(state, id as LeaseId, turn);
      return;
    case "task": {
      const task = state.ledger.tasks.get(id);
      const dueAt = task === undefined ? null : taskDueAt(state, task);
      if (task !== undefined && dueAt !== null && dueAt <= turn.now) taskOverdue(state, task, turn);
      return;
    }
    case "job":
      jobDue(state, id as JobId, turn);
      return;
    case "worker":
      suspensionOver(state, id as Address, turn);
      return;
    case "session":
      sessionOverdue(state, id as Address, turn);
      return;
    case "idle":
      refreshIdle(state, id as Address, turn);
      return;
    case "escrow":
      state.presence.paysArmed.delete(id as EscrowId);
      turn.changed.escrows.add(id as EscrowId);
      return;
    case "offer":
      offerDue(state, id as JobId, turn);
      return;
    case "step":
      state.presence.retries.delete(id);
      turn.changed.steps.add(id);
      return;
    case "start":
      lookAtEverything(state, turn);
      return;
    case "tickets":
      openTickets(state, id as JobId, turn);
      return;
    case "lost":
      loseAbsentWorkers(state, turn);
      return;
    default:
      assertNever(kind, "timer");
  }
}

// The first turn of a process: whatever was due while it was down, or was cut off between two turns.
function lookAtEverything(state: CoordinatorState, turn: CoordinatorTurn): void {
  for (const jobId of state.index.openJobs) turn.changed.jobs.add(jobId);
  for (const escrow of state.ledger.escrows.values()) turn.changed.escrows.add(escrow.escrowId);
  for (const task of state.ledger.tasks.values()) if (task.state === "collecting") turn.changed.tasks.add(task.taskId);
  for (const key of state.index.queues.keys()) turn.changed.steps.add(key);
}
