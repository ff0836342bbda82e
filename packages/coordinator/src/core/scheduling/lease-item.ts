// A lease as the worker sees it.
import { present } from "@starling/kernel";
import type { LeaseItem, TaskProgram } from "@starling/protocol";
import type { Lease } from "../ledger/lease.ts";
import { programOf, stepSpecOf } from "../program.ts";
import type { CoordinatorState } from "../state.ts";

/** The item to send; derived from the ledger, so that it can be sent again after a restart. */
export function leaseItemOf(state: CoordinatorState, lease: Lease, program?: TaskProgram): LeaseItem {
  const task = present(state.ledger.tasks.get(lease.taskId), `task ${lease.taskId}`);
  const job = present(state.ledger.jobs.get(lease.jobId), `job ${lease.jobId}`);
  const { leaseId, jobId, taskSpec, attempt, escrowId, price, fine, traceId } = lease;
  const { gpu, hosts } = stepSpecOf(job, task.step).needs;
  return {
    leaseId,
    jobId,
    step: task.step,
    index: task.index,
    taskSpec,
    attempt,
    escrowId,
    payer: job.payer,
    price,
    fine,
    leaseMs: lease.commitBy - lease.acceptBy,
    traceId,
    task: program ?? programOf(state, task),
    ...resumeOf(lease),
    ...(gpu === null ? {} : { gpu }),
    ...(hosts === undefined ? {} : { hosts }),
  };
}

// Whose checkpoint it is, is nobody's business: a worker must not learn who else has the task.
function resumeOf({ resume }: Lease): Pick<LeaseItem, "resume"> {
  if (resume === undefined) return {};
  const { step, cid, size } = resume;
  return { resume: { step, cid, size } };
}
