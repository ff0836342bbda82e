// Answers of a task come from machines that compute the same: in some classes that are only those of equal calibration.
import { present } from "@starling/kernel";
import { isGrouped } from "@starling/protocol";
import type { Task } from "../ledger/job.ts";
import type { Worker } from "../ledger/worker.ts";
import { stepSpecOf } from "../program.ts";
import type { CoordinatorState } from "../state.ts";
import { answeringWorkers } from "./distinct.ts";

/** The workers whose answers can be compared with those that the task has: all of them where there are none yet. */
export function alikeWorkers(state: CoordinatorState, task: Task, workers: readonly Worker[]): readonly Worker[] {
  if (task.leases.length === 0) return workers;
  const job = present(state.ledger.jobs.get(task.jobId), `job ${task.jobId}`);
  const { runtimeClass } = stepSpecOf(job, task.step);
  if (!isGrouped(runtimeClass)) return workers;
  const calibrationOf = ({ signed }: Worker): string | undefined =>
    signed.record.classes.find(({ name }) => name === runtimeClass)?.calibration;
  const [first] = answeringWorkers(state, task);
  if (first === undefined) return workers;
  const wanted = calibrationOf(first);
  return workers.filter((worker) => calibrationOf(worker) === wanted);
}
