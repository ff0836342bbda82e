// Result roots: hashed in runs, anchored now and then while a job runs and for the rest at its end, and final a run at a time.
import { type Hash, type JobId, merkleVerify } from "@starling/protocol";
import { describe, expect, test } from "vitest";
import { receiptMaterial } from "../../src/core/index.ts";
import { submission } from "./world/fixtures.ts";
import { worldOf } from "./world/trust.ts";
import type { World } from "./world/world.ts";

const batchEveryMs = 120_000;
const policy = { finalityMs: 0, runTasks: 4, batchTasksMax: 16, batchEveryMs };

function longJob(
  tasks: number,
  overrides: Partial<typeof policy> = {},
): { readonly world: World; readonly jobId: JobId } {
  const { world } = worldOf(["honest", "honest", "honest"], { policy: { ...policy, ...overrides } });
  const job = submission({ tasks, budget: 10_000_000n });
  world.submit(job);
  return { world, jobId: job.jobId };
}

/** How many results each batch has, in order. */
function counts(world: World): readonly number[] {
  return world.factsOf("batchClosed").map(({ count }) => count);
}

/** Every proof of the job's receipt under the roots that its contract was given. */
function proven(world: World, jobId: JobId): readonly boolean[] {
  const material = receiptMaterial(world.state, jobId);
  const roots = new Map(world.factsOf("batchClosed").map(({ batch, root }) => [batch, root]));
  return (material?.tasks ?? []).map(({ anchor }) => {
    if (anchor === null) return false;
    const { index, leaf, proof } = anchor;
    return merkleVerify({ root: roots.get(anchor.batch) as Hash, index, leaf, proof });
  });
}

describe("results", () => {
  test("of a job that fits a run wait for its end, and are one tree", () => {
    const { world, jobId } = longJob(3);
    world.settle();
    expect(counts(world)).toEqual([3]);
    expect(world.factsOf("runSealed")).toEqual([]);
    expect(proven(world, jobId)).toEqual([true, true, true]);
  });

  test("of a long job are anchored with the first run, then no more often than agreed, and the rest at its end", () => {
    const { world, jobId } = longJob(40);
    world.settle();
    const [first, ...others] = counts(world);
    expect(first).toBeGreaterThanOrEqual(4);
    expect(first).toBeLessThan(16);
    expect(others.reduce((sum, count) => sum + count, first ?? 0)).toBe(40);
    // All but the last of a batch's results stand in whole runs, and none has more than the largest batch.
    expect(counts(world).every((count) => count <= 16)).toBe(true);
    expect(world.factsOf("runSealed").length).toBeGreaterThanOrEqual(8);
    expect(proven(world, jobId)).toEqual(Array.from({ length: 40 }, () => true));
  });

  test("wait for the agreed time when a run is whole, and no longer", () => {
    const { world } = longJob(400, { batchTasksMax: 1_024 });
    const feed = world.feed.bind(world);
    world.feed = (input) => {
      const outcome = feed(input);
      // From then on nobody answers: the job goes on, and hardly a result is added.
      if (world.factsOf("taskSettled").length >= 24)
        for (const worker of world.workers.values()) worker.behaviour = "silent";
      return outcome;
    };
    world.settle(5);
    expect(world.factsOf("runSealed").length).toBeGreaterThanOrEqual(6);
    expect(counts(world)).toHaveLength(1);
    const closed = world.factsOf("batchClosed")[0]?.at ?? 0;
    for (let passed = 0; passed < 300 && counts(world).length < 2; passed += 1) world.settle(1);
    const second = world.factsOf("batchClosed")[1]?.at ?? 0;
    expect(second - closed).toBeGreaterThanOrEqual(batchEveryMs);
    expect(second - closed).toBeLessThan(batchEveryMs + 5_000);
  });

  test("are the same tree to a coordinator that was restarted in between", () => {
    const { world, jobId } = longJob(40);
    for (const from of ["facts", "snapshot", "facts"] as const) {
      for (let i = 0; i < 3; i += 1) world.block();
      world.restart(from);
      world.reconnect();
    }
    world.settle();
    expect(counts(world).reduce((sum, count) => sum + count, 0)).toBe(40);
    expect(proven(world, jobId)).toEqual(Array.from({ length: 40 }, () => true));
  });

  test("become final a run at a time, in turns of their own", () => {
    const { world } = longJob(40, { batchTasksMax: 1_024, batchEveryMs: 3_600_000 });
    const sizes: number[] = [];
    const feed = world.feed.bind(world);
    world.feed = (input) => {
      const before = world.factsOf("taskFinal").length;
      const outcome = feed(input);
      sizes.push(world.factsOf("taskFinal").length - before);
      return outcome;
    };
    world.settle();
    const final = sizes.reduce((sum, size) => sum + size, 0);
    expect(final).toBe(40);
    // The last batch alone holds several runs.
    expect(counts(world).at(-1)).toBeGreaterThan(8);
    expect(Math.max(...sizes)).toBe(4);
  });
});
