// Keeps the files of jobs from eviction until the job is forgotten. Pins live in memory, so they are set again at each start.
import type { ArtifactStore } from "@starling/node-kit";
import { artifactsOf, type Cid, type JobId, type JobSubmission, parseTaskId } from "@starling/protocol";
import type { CoordinatorEngine } from "./api/watch.ts";

/** What pinning needs of its surroundings. */
export interface PinParts {
  readonly engine: Pick<CoordinatorEngine, "read" | "onFacts">;
  readonly artifacts: Pick<ArtifactStore, "pin" | "unpin">;
}

/** Pins programs, inputs and accepted outputs, those of now and those to come. */
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
  engine.read((state) => {
    for (const job of state.ledger.jobs.values()) pinJob(job.submission);
    for (const task of state.ledger.tasks.values()) pin(task.jobId, task.result?.outputs.map(({ cid }) => cid) ?? []);
  });
  engine.onFacts(({ facts }) => {
    for (const fact of facts) {
      if (fact.type === "jobAccepted") pinJob(fact.submission);
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
