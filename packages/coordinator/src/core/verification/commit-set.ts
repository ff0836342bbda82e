// Commit sets: closed when every wanted lease has committed, in the order of worker addresses, and told to all of them.
import { present } from "@starling/kernel";
import type { CommitSetItem } from "@starling/protocol";
import type { Task } from "../ledger/job.ts";
import type { Lease } from "../ledger/lease.ts";
import { isLost } from "../lifecycle/tables.ts";
import { leasesOf } from "../lifecycle/task.ts";
import { stepSpecOf } from "../program.ts";
import type { CoordinatorState } from "../state.ts";
import { type CoordinatorTurn, mailTo } from "../turn.ts";
import { drawnBy } from "./lottery.ts";

const mebibyte = 1_048_576;

/** Closes the round's set once all its commitments are in: from now on nobody can change or copy an answer. */
export function closeSetIfComplete(state: CoordinatorState, task: Task, turn: CoordinatorTurn): void {
  if (task.set !== null || task.state !== "collecting") return;
  const members = leasesOf(state, task).filter((lease) => lease.round === task.round && !isLost(lease.state));
  if (members.length === 0 || members.some((lease) => lease.state !== "committed")) return;
  const ordered = [...members].sort((a, b) =>
    a.worker < b.worker ? -1 : a.worker > b.worker ? 1 : a.attempt - b.attempt,
  );
  const job = present(state.ledger.jobs.get(task.jobId), `job ${task.jobId}`);
  const { revealMs, revealPerMiBMs } = state.config.policy;
  const sizeMs = Math.ceil(stepSpecOf(job, task.step).limits.outputBytes / mebibyte) * revealPerMiBMs;
  turn.record({
    type: "commitSetClosed",
    taskId: task.taskId,
    round: task.round,
    leases: ordered.map((lease) => lease.leaseId),
    revealBy: turn.now + revealMs + sizeMs,
    // The lottery is drawn over first answers: whatever comes after them is a check already.
    ...(task.resolver === "agreement" && task.result === null
      ? { drawn: drawnBy(state, task, setItemOf(ordered)) }
      : {}),
    at: turn.now,
  });
  for (const lease of ordered) sendCommitSet(state, lease, turn);
}

/** Sends the closed set of a committed lease to its worker; nothing when it is still open. */
export function sendCommitSet(state: CoordinatorState, lease: Lease, turn: CoordinatorTurn): void {
  const task = state.ledger.tasks.get(lease.taskId);
  if (task?.set == null || !task.set.includes(lease.leaseId)) return;
  const leases = task.set.map((leaseId) => present(state.ledger.leases.get(leaseId), `lease ${leaseId}`));
  mailTo(turn, lease.worker).commitSets.push(setItemOf(leases));
}

/** A set as it is told: what every member committed to. */
export function setItemOf(leases: readonly Lease[]): CommitSetItem {
  const [first] = leases;
  const commitments = leases.map(({ leaseId, worker, attempt, commitment }) => ({
    worker,
    attempt,
    commitment: present(commitment, `commitment of ${leaseId}`),
  }));
  return { taskSpec: present(first, "first of a set").taskSpec, commitments };
}
