// Journals and snapshots of before results were provisional: what they lack is filled in, and the job goes on.
import { describe, expect, test } from "vitest";
import { type CoordinatorFact, coordinatorDecider, jobView } from "../../src/core/index.ts";
import { config, submission } from "./world/fixtures.ts";
import { World } from "./world/world.ts";

/** A job of which a part is done. */
function halfDone(): World {
  const world = new World(config({ policy: { finalityMs: 0 } }));
  const [a] = ["a", "b", "c"].map((name) => world.join(name));
  world.submit(submission({ tasks: 3, reduce: true }));
  if (a !== undefined) a.behaviour = "silent";
  for (let i = 0; i < 3; i += 1) world.block();
  return world;
}

function without(target: object, fields: readonly string[]): void {
  for (const field of fields) Reflect.deleteProperty(target, field);
}

describe("a snapshot of before", () => {
  test("is restored with everything that invariants ask for", () => {
    const world = halfDone();
    const data = structuredClone(coordinatorDecider.snapshot(world.state)) as typeof world.state.ledger;
    for (const job of data.jobs.values())
      without(job, ["mapSettled", "reduceSettled", "provisional", "underAudit", "audits", "attempts", "usage"]);
    for (const task of data.tasks.values()) without(task, ["sets", "audits", "settlesAt", "settledAt"]);
    for (const task of data.tasks.values()) if (task.result !== null) without(task.result, ["caught"]);
    for (const lease of data.leases.values()) without(lease, ["fineHeld", "checked", "caught"]);
    for (const escrow of data.escrows.values()) without(escrow, ["finesDue"]);
    without(data, ["operators"]);
    const restored = coordinatorDecider.restore(world.config, data);
    expect(coordinatorDecider.violations(restored)).toEqual([]);
    const [before, after] = [world.state, restored].map(({ ledger }) => [...ledger.jobs.values()][0]);
    expect(after).toEqual(before);
  });
});

describe("a journal of before", () => {
  test("settles what it accepted, and blames whom it excluded", () => {
    const world = halfDone();
    const old = world.facts.flatMap((fact): CoordinatorFact[] => {
      const copy = structuredClone(fact);
      if (copy.type === "taskSettled") return [];
      if (copy.type === "taskAccepted") without(copy, ["settlesAt", "caught"]);
      if (copy.type === "commitSetClosed") without(copy, ["drawn"]);
      if (copy.type === "leaseOffered") without(copy, ["checked"]);
      return [copy];
    });
    const replayed = coordinatorDecider.initial(world.config);
    for (const fact of old) coordinatorDecider.evolve(replayed, fact);
    const jobId = submission({ tasks: 3, reduce: true }).jobId;
    expect(jobView(replayed, jobId)).toEqual(jobView(world.state, jobId));
    expect(replayed.ledger.tasks.size).toBe(world.state.ledger.tasks.size);
    for (const task of replayed.ledger.tasks.values()) expect(task.settledAt).toBe(task.result?.at ?? null);
  });
});
