// Journals and snapshots of before results were hashed in runs: they are read, and what they left open is anchored.
import type { JobId } from "@starling/protocol";
import { expect, test } from "vitest";
import { type CoordinatorFact, coordinatorDecider, jobView } from "../../src/core/index.ts";
import type { CoordinatorLedger } from "../../src/core/state.ts";
import { submission } from "./world/fixtures.ts";
import { worldOf } from "./world/trust.ts";
import type { World } from "./world/world.ts";

const policy = { finalityMs: 0, runTasks: 64 };

/** One job is anchored; of another some results stand in no batch yet. */
function twoJobs(): { readonly world: World; readonly jobs: readonly JobId[] } {
  const { world } = worldOf(["honest", "honest", "honest"], { policy });
  const first = submission({ tasks: 3 });
  world.submit(first);
  world.settle(10);
  const second = submission({ key: "job-2", tasks: 6 });
  world.submit(second);
  const feed = world.feed.bind(world);
  world.feed = (input) => {
    const outcome = feed(input);
    if (world.factsOf("taskSettled").length >= 5)
      for (const worker of world.workers.values()) worker.behaviour = "silent";
    return outcome;
  };
  world.settle(2);
  return { world, jobs: [first.jobId, second.jobId] };
}

test("a snapshot is restored with what runs need", () => {
  const { world } = twoJobs();
  const [before] = world.state.ledger.escrows.values();
  expect(before?.unanchored.length).toBeGreaterThan(0);
  const data = structuredClone(coordinatorDecider.snapshot(world.state)) as CoordinatorLedger;
  for (const escrow of data.escrows.values()) {
    for (const field of ["runs", "unanchoredOf", "batchedAt"]) Reflect.deleteProperty(escrow, field);
    for (const batch of escrow.batches) Reflect.deleteProperty(batch, "runs");
  }
  const restored = coordinatorDecider.restore(world.config, data);
  expect(coordinatorDecider.violations(restored)).toEqual([]);
  const [after] = restored.ledger.escrows.values();
  expect(after).toEqual({ ...before, batchedAt: null });
});

test("a journal's batches name their tasks themselves", () => {
  const { world, jobs } = twoJobs();
  const named = new Map(
    [...world.state.ledger.escrows.values()].flatMap(({ batches }) => batches.map((one) => [one.batch, one.taskIds])),
  );
  const replayed = coordinatorDecider.initial(world.config);
  for (const fact of world.facts) {
    const copy = structuredClone(fact);
    if (copy.type === "batchClosed") {
      for (const field of ["count", "at"]) Reflect.deleteProperty(copy, field);
      Object.assign(copy, { taskIds: named.get(copy.batch) });
    }
    coordinatorDecider.evolve(replayed, copy as CoordinatorFact);
  }
  for (const jobId of jobs) expect(jobView(replayed, jobId)).toEqual(jobView(world.state, jobId));
  const [before] = world.state.ledger.escrows.values();
  const [after] = replayed.ledger.escrows.values();
  expect(after?.batches).toEqual(before?.batches);
  expect(after?.unanchoredOf).toEqual(before?.unanchoredOf);
});
