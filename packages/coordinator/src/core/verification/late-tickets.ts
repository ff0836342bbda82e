// A worker that was away when its tickets were opened asks for them. What it is shown is in the ledger for as long as its escrow is.
import { accepted, type Outcome, present, rejected } from "@starling/kernel";
import { type JobId, type TaskId, taskIdOf } from "@starling/protocol";
import type { CoordinatorInput } from "../input.ts";
import { sawWorker } from "../lifecycle/worker.ts";
import type { CoordinatorState } from "../state.ts";
import type { CoordinatorTurn } from "../turn.ts";
import { answered, ticketsLate } from "./tickets.ts";

type Of = Extract<CoordinatorInput, { type: "ticketsWanted" }>;

/** Shows a worker soon what it asks for, as far as it is settled and its own: a ticket tells how a draw fell that may still be to come. */
export function ticketsWanted(state: CoordinatorState, input: Of, turn: CoordinatorTurn): Outcome {
  if (sawWorker(state, input, turn) === null)
    return rejected("staleSession", "another stream of this worker took over; ask on that one");
  const { worker, message } = input;
  const byJob = new Map<JobId, TaskId[]>();
  for (const taskId of new Set(message.tasks.map(taskIdOf))) {
    const task = state.ledger.tasks.get(taskId);
    if (task === undefined || task.settledAt === null) continue;
    if (!answered(state, task).some((one) => one.worker === worker)) continue;
    const tasks = byJob.get(task.jobId) ?? [];
    byJob.set(task.jobId, tasks);
    tasks.push(taskId);
  }
  for (const [jobId, tasks] of byJob) {
    const job = present(state.ledger.jobs.get(jobId), `job ${jobId}`);
    ticketsLate(state, { job, worker, tasks }, turn);
  }
  return accepted();
}
