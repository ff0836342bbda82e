// Makes a lease: from here on its price is held, its slot is taken, and its fine is named.
import { present } from "@starling/kernel";
import { leaseIdOf, type TaskProgram, type TaskSpecHash } from "@starling/protocol";
import type { Job, Task } from "../ledger/job.ts";
import type { Worker } from "../ledger/worker.ts";
import { wantCredit } from "../money/allotment.ts";
import { creditLeft } from "../money/amounts.ts";
import { leaseSpanMs } from "../money/clock.ts";
import { admissionOf } from "../money/fine.ts";
import { wantPledge } from "../money/pledge.ts";
import { programOf, stepSpecOf, taskSpecOf } from "../program.ts";
import { type CoordinatorState, freeSlots } from "../state.ts";
import { type CoordinatorTurn, mailTo } from "../turn.ts";
import { isOnProbation } from "../verification/probation.ts";
import { leaseItemOf } from "./lease-item.ts";
import { couldUse } from "./placement.ts";
import { resumptionFor } from "./resume.ts";

/** A task's program and its hash, computed once for all replicas of a turn. */
export interface TaskText {
  readonly program: TaskProgram;
  readonly taskSpec: TaskSpecHash;
}

/** Expands the task. */
export function textOf(state: CoordinatorState, task: Task): TaskText {
  const program = programOf(state, task);
  const [first] = task.leases;
  const known = first === undefined ? undefined : state.ledger.leases.get(first)?.taskSpec;
  return { program, taskSpec: known ?? taskSpecOf(task, program) };
}

/** What is leased to whom. */
export interface Grant {
  readonly text: TaskText;
  readonly worker: Worker;
  readonly role: "replica" | "referee";
  readonly job: Job;
  readonly turn: CoordinatorTurn;
}

/** Leases a replica of the task to the worker. */
export function grantLease(state: CoordinatorState, task: Task, { text, worker, role, job, turn }: Grant): void {
  const { taskSpec, program } = text;
  const attempt = job.attempts + 1;
  const leaseId = leaseIdOf(taskSpec, attempt);
  const price = role === "referee" ? 0n : worker.signed.record.pricePerTask;
  const { operator } = worker;
  const { runtimeClass } = stepSpecOf(job, task.step);
  const admission = admissionOf(state, { job, operator, price, step: task.step });
  const resume = resumptionFor(state, task, { worker: worker.worker, role });
  const isForeign = resume?.isForeign === true;
  if (job.state === "accepted") turn.record({ type: "jobStarted", jobId: job.jobId, at: turn.now });
  turn.record({
    type: "leaseOffered",
    leaseId,
    taskId: task.taskId,
    taskSpec,
    worker: worker.worker,
    operator,
    attempt,
    role,
    price,
    // Whoever goes on from what others told can't know that it is right: nothing is at stake for him, so his word alone counts for nothing.
    fine: isForeign ? 0n : admission.fine,
    checked: role === "replica" && (isForeign || admission.checked || isOnProbation(state, operator, runtimeClass)),
    ...(resume === null ? {} : { resume }),
    epoch: state.ledger.epoch,
    traceId: job.traceId,
    acceptBy: turn.now + state.config.policy.acceptMs,
    commitBy: turn.now + leaseSpanMs(state, stepSpecOf(job, task.step)),
    at: turn.now,
  });
  if (task.wanted === 0) turn.record({ type: "taskCollecting", taskId: task.taskId, at: turn.now });
  const session = state.presence.sessions.get(worker.worker);
  session?.taken.add(leaseId);
  if (session === undefined || freeSlots(session) === 0) state.presence.idle.remove(worker.worker);
  state.presence.starved.delete(job.jobId);
  const escrow = state.ledger.escrows.get(job.escrowId);
  const isLow =
    escrow !== undefined && creditLeft(escrow, worker.worker) < BigInt(state.config.policy.creditLowLeases) * price;
  if (isLow && couldUse(state, worker, { job, step: task.step })) wantCredit(turn, job, worker.worker);
  wantPledge(state, turn, { job, worker, price });
  const lease = present(state.ledger.leases.get(leaseId), `lease ${leaseId}`);
  mailTo(turn, worker.worker).leases.push(leaseItemOf(state, lease, program));
}
