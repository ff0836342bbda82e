// Keeps the files of jobs from eviction until the job is forgotten. Pins live in memory, so they are set again at each start.
import type { ArtifactStore } from "@starling/node-kit";
import {
  type ArtifactRef,
  artifactsOf,
  type Cid,
  type JobId,
  type JobSubmission,
  type LeaseId,
  parseTaskId,
  type TaskId,
  trustTerms,
} from "@starling/protocol";
import type { CoordinatorEngine } from "./api/watch.ts";

/** What pinning needs of its surroundings. */
export interface PinParts {
  readonly engine: Pick<CoordinatorEngine, "read" | "onFacts">;
  readonly artifacts: Pick<ArtifactStore, "pin" | "unpin">;
}

/** Pins programs, inputs and accepted outputs, those of now and those to come; all answers of a job that has numbers compared. */
export function pinArtifacts({ engine, artifacts }: PinParts): void {
  const pinned = new Map<JobId, Cid[]>();
  const pin = (jobId: JobId, cids: readonly Cid[]): void => {
    const list = pinned.get(jobId) ?? [];
    for (const cid of cids) {
      artifacts.pin(cid);
      list.push(cid);
    }
    pinned.set(jobId, list);
  };
  const pinJob = ({ jobId, spec }: JobSubmission): void => pin(jobId, artifactsOf(spec));
  // An answer whose bytes were evicted before they were measured would count as a wrong one.
  const pinAnswer = (leaseId: LeaseId, outputs: readonly ArtifactRef[]): void => {
    const job = engine.read(({ ledger }) => ledger.jobs.get(ledger.leases.get(leaseId)?.jobId ?? "0x"));
    if (job === undefined || !comparesNumbers(job.submission)) return;
    const cids = outputs.map(({ cid }) => cid);
    pin(job.jobId, cids);
  };
  pinCheckpoints({ engine, artifacts });
  engine.read((state) => {
    for (const job of state.ledger.jobs.values()) pinJob(job.submission);
    for (const task of state.ledger.tasks.values()) pin(task.jobId, task.result?.outputs.map(({ cid }) => cid) ?? []);
    for (const { leaseId, answer } of state.ledger.leases.values())
      if (answer !== null) pinAnswer(leaseId, answer.outputs);
  });
  engine.onFacts(({ facts }) => {
    for (const fact of facts) {
      if (fact.type === "jobAccepted") pinJob(fact.submission);
      else if (fact.type === "leaseRevealed") pinAnswer(fact.leaseId, fact.outputs);
      else if (fact.type === "taskAccepted") {
        const place = parseTaskId(fact.taskId);
        if (place !== null)
          pin(
            place.jobId,
            fact.outputs.map(({ cid }) => cid),
          );
      } else if (fact.type === "escrowForgotten") {
        const gone = engine.read(({ ledger }) => [...pinned.keys()].filter((jobId) => !ledger.jobs.has(jobId)));
        for (const jobId of gone) {
          for (const cid of pinned.get(jobId) ?? []) artifacts.unpin(cid);
          pinned.delete(jobId);
        }
      }
    }
  });
}

/** Of each attempt the latest files: an older one is of use only where another worker is far behind. */
const CHECKPOINTS_PINNED = 4;

// Until the task has a result or is over.
function pinCheckpoints({ engine, artifacts }: PinParts): void {
  const pinned = new Map<TaskId, Map<LeaseId, Cid[]>>();
  const pin = (
    lease: { readonly taskId: TaskId; readonly leaseId: LeaseId } | undefined,
    cid: Cid | undefined,
  ): void => {
    if (lease === undefined || cid === undefined) return;
    const leases = pinned.get(lease.taskId) ?? new Map<LeaseId, Cid[]>();
    const cids = leases.get(lease.leaseId) ?? [];
    artifacts.pin(cid);
    cids.push(cid);
    const oldest = cids.length > CHECKPOINTS_PINNED ? cids.shift() : undefined;
    if (oldest !== undefined) artifacts.unpin(oldest);
    pinned.set(lease.taskId, leases.set(lease.leaseId, cids));
  };
  engine.read(({ ledger }) => {
    for (const lease of ledger.leases.values())
      for (const { cid, isHere } of lease.checkpoints ?? []) if (isHere) pin(lease, cid);
  });
  engine.onFacts(({ facts }) => {
    for (const fact of facts) {
      if (fact.type === "checkpointsTold")
        pin(
          engine.read(({ ledger }) => ledger.leases.get(fact.leaseId)),
          fact.checkpoints.at(-1)?.cid,
        );
      else if (DROPS.has(fact.type) && "taskId" in fact) {
        for (const cids of pinned.get(fact.taskId)?.values() ?? []) for (const cid of cids) artifacts.unpin(cid);
        pinned.delete(fact.taskId);
      }
    }
  });
}

const DROPS: ReadonlySet<string> = new Set([
  "taskAccepted",
  "taskDisputed",
  "taskNondeterministic",
  "taskPoisoned",
  "taskCancelled",
]);

function comparesNumbers({ spec }: JobSubmission): boolean {
  return Object.keys(trustTerms(spec.trust).compare).length > 0;
}
