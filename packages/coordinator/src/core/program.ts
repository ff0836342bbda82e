// What a task runs, and the leaf that its accepted result becomes: derived from the job and never stored.
import { present } from "@starling/kernel";
import {
  type Hash,
  mapStep,
  reduceStep,
  reduceTask,
  replicasHash,
  resultHashOf,
  resultLeaf,
  type StepSpec,
  type TaskProgram,
  type TaskSpecHash,
  taskAt,
  taskIdOf,
  taskSpecHash,
} from "@starling/protocol";
import type { Job, Task } from "./ledger/job.ts";
import type { Lease } from "./ledger/lease.ts";
import type { CoordinatorState } from "./state.ts";

/** The step of the spec that a task belongs to. */
export function stepSpecOf(job: Job, step: string): StepSpec {
  if (step === mapStep) return job.submission.spec.map;
  return present(job.submission.spec.reduce, `step ${step} of job ${job.jobId}`);
}

/** Whether the answers of a step depend on hosts, which may answer each worker differently: nobody is fined or blamed for them. */
export function reachesHosts(job: Job, step: string): boolean {
  return stepSpecOf(job, step).needs.hosts !== undefined;
}

/** The task's program with all its inputs; for the reduce step all map tasks must be accepted. */
export function programOf(state: CoordinatorState, task: Task): TaskProgram {
  const job = present(state.ledger.jobs.get(task.jobId), `job ${task.jobId}`);
  const { spec } = job.submission;
  if (task.step !== reduceStep) return taskAt(spec, task.index);
  const results = Array.from({ length: job.taskCount }, (_, index) => {
    const taskId = taskIdOf({ jobId: job.jobId, step: mapStep, index });
    return present(state.ledger.tasks.get(taskId)?.result, `result of ${taskId}`).outputs;
  });
  return present(reduceTask(spec, results), `reduce of job ${job.jobId}`);
}

/** What the task is, as one hash. */
export function taskSpecOf(task: Task, program: TaskProgram): TaskSpecHash {
  return taskSpecHash({ jobId: task.jobId, step: task.step, index: task.index }, program);
}

/** Leases that revealed an answer, by round and then by worker: the order in which all hashes take them. */
export function answersOf(state: CoordinatorState, task: Task): readonly Lease[] {
  return task.leases
    .map((leaseId) => present(state.ledger.leases.get(leaseId), `lease ${leaseId}`))
    .filter((lease) => lease.answer !== null)
    .sort((a, b) => a.round - b.round || (a.worker < b.worker ? -1 : a.worker > b.worker ? 1 : a.attempt - b.attempt));
}

/** The lease whose attempt stands for an accepted task: the oldest winner with the very digest that was accepted. */
export function standingLease(state: CoordinatorState, task: Task): Lease {
  const result = present(task.result, `result of ${task.taskId}`);
  const standing = answersOf(state, task).find(
    ({ leaseId, answer }) => result.winners.includes(leaseId) && answer?.digest === result.digest,
  );
  return present(standing, `winner of ${task.taskId}`);
}

/** The leaf that is anchored for an accepted task at a place in its batch. */
export function resultLeafOf(state: CoordinatorState, task: Task, index: number): Hash {
  const result = present(task.result, `result of ${task.taskId}`);
  const { taskSpec, attempt } = standingLease(state, task);
  const replicas = answersOf(state, task).map((lease) => ({
    worker: lease.worker,
    attempt: lease.attempt,
    resultHash: resultHashOf(taskSpec, present(lease.answer, "answer").digest),
  }));
  return resultLeaf({
    index,
    taskSpec,
    attempt,
    resultHash: resultHashOf(taskSpec, result.digest),
    replicasHash: replicasHash(replicas),
  });
}
