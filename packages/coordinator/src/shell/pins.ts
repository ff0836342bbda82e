// Keeps the files of jobs from eviction. Pins live in memory, so they are set again at each start.
import type { ArtifactStore } from "@starling/node-kit";
import { artifactsOf } from "@starling/protocol";
import type { CoordinatorEngine } from "./api/watch.ts";

/** Pins programs, inputs and accepted outputs, those of now and those to come. */
export function pinArtifacts(engine: CoordinatorEngine, artifacts: ArtifactStore): void {
  engine.read((state) => {
    for (const job of state.ledger.jobs.values())
      for (const cid of artifactsOf(job.submission.spec)) artifacts.pin(cid);
    for (const task of state.ledger.tasks.values())
      for (const { cid } of task.result?.outputs ?? []) artifacts.pin(cid);
  });
  engine.onFacts(({ facts }) => {
    for (const fact of facts) if (fact.type === "taskAccepted") for (const { cid } of fact.outputs) artifacts.pin(cid);
  });
}
