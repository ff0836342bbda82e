// Facts as lines for people who watch a job.
import type { JobId, TaskId } from "@starling/protocol";
import type { CoordinatorFact } from "../fact.ts";
import type { CoordinatorState } from "../state.ts";
import type { WatchEvent } from "./types.ts";

/** The event of a fact that was just applied, or null when nobody who watches a job needs it. */
export function eventOf(state: CoordinatorState, fact: CoordinatorFact): WatchEvent | null {
  switch (fact.type) {
    case "jobAccepted":
      return { jobId: fact.submission.jobId, kind: fact.type, message: `accepted with ${fact.taskCount} tasks` };
    case "fundingMoved":
      return { jobId: fact.jobId, kind: fact.type, message: `another escrow is to pay it: ${fact.escrowId}` };
    case "jobFunded":
      return { jobId: fact.jobId, kind: fact.type, message: "the escrow is funded" };
    case "jobStarted":
      return { jobId: fact.jobId, kind: fact.type, message: "the first task was leased" };
    case "jobCompleted":
      return { jobId: fact.jobId, kind: fact.type, message: "all results are settled" };
    case "jobFailed":
    case "jobCancelled":
      return { jobId: fact.jobId, kind: fact.type, message: fact.reason.message };
    case "taskAccepted":
      return taskEvent(state, fact.taskId, {
        kind: fact.type,
        message: `result ${fact.digest} accepted by ${fact.by}`,
      });
    case "mismatchFound":
    case "taskRequeued":
    case "taskDisputed":
    case "taskNondeterministic":
    case "taskPoisoned":
    case "taskCancelled":
      return taskEvent(state, fact.taskId, { kind: fact.type, message: fact.reason.message });
    case "outputsCompared": {
      const parts = fact.outputs.map(({ output, equal, distances, problem, unreadable }) => {
        if (unreadable === true) return `${output} could not be compared: ${problem}`;
        if (distances === null) return `${output} differs: ${problem}`;
        const { l2, maxAbs, maxRel } = distances;
        return `${output} ${equal ? "is within its bounds" : "is beyond its bounds"} (L2 ${l2}, largest difference ${maxAbs}, relative ${maxRel})`;
      });
      return taskEvent(state, fact.taskId, { kind: fact.type, message: `numbers compared: ${parts.join("; ")}` });
    }
    case "auditOrdered":
      return taskEvent(state, fact.taskId, { kind: fact.type, message: `run once more (${fact.cause})` });
    case "taskSettled":
      return taskEvent(state, fact.taskId, { kind: fact.type, message: "nothing changes the result any more" });
    case "auditReferred":
    case "auditMissed":
      return taskEvent(state, fact.taskId, { kind: fact.type, message: fact.reason.message });
    case "taskFinal":
      return taskEvent(state, fact.taskId, { kind: fact.type, message: "anchored on chain" });
    case "commitSetClosed":
      return taskEvent(state, fact.taskId, { kind: fact.type, message: `${fact.leases.length} commitments are in` });
    case "workerBanned":
      return fact.jobId === null
        ? null
        : { jobId: fact.jobId, kind: fact.type, message: `${fact.operator}: ${fact.reason.message}` };
    default:
      return "leaseId" in fact ? leaseEvent(state, fact) : null;
  }
}

function leaseEvent(state: CoordinatorState, fact: Extract<CoordinatorFact, { leaseId: unknown }>): WatchEvent | null {
  const lease = state.ledger.leases.get(fact.leaseId);
  if (lease === undefined || fact.type === "leaseRunning") return null;
  const why = "reason" in fact ? `: ${fact.reason.message}` : "";
  const message = `attempt ${lease.attempt} on ${lease.worker}${why}`;
  return { jobId: lease.jobId, taskId: lease.taskId, kind: fact.type, message };
}

function taskEvent(
  state: CoordinatorState,
  taskId: TaskId,
  { kind, message }: { readonly kind: string; readonly message: string },
): WatchEvent | null {
  const jobId: JobId | undefined = state.ledger.tasks.get(taskId)?.jobId;
  return jobId === undefined ? null : { jobId, taskId, kind, message };
}
