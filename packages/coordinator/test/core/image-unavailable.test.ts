// What a machine lacks for a task, its image or room for its root file system, is nobody's fault, and it is not asked for that task again at once.
import { minute } from "@starling/kernel";
import { describe, expect, test } from "vitest";
import type { CoordinatorConfig } from "../../src/core/index.ts";
import { defaultPolicy, explainJob, jobView } from "../../src/core/index.ts";
import { config, submission } from "./world/fixtures.ts";
import type { TestWorker } from "./world/worker.ts";
import { World } from "./world/world.ts";

/** A worker that is not given images, beside others. */
function lackingIn(names: readonly string[], of?: CoordinatorConfig): { world: World; lacking: TestWorker } {
  const world = new World(of);
  const lacking = world.join("lacking", "broken");
  lacking.failsFor = "imageUnavailable";
  for (const name of names) world.join(name);
  return { world, lacking };
}

const offersTo = (world: World, { address }: TestWorker) =>
  world.factsOf("leaseOffered").filter(({ worker }) => worker === address);

test("nobody is blamed, however often, and others do the work", () => {
  const again = { declineSkipMs: 500, lackedAgainMs: 500, avoidMs: 500 };
  const { world, lacking } = lackingIn(["a"], config({ policy: again }));
  const job = submission({ tasks: 1 });
  world.submit(job);
  for (let i = 0; i < 20; i += 1) {
    world.block();
    world.pass(600);
  }
  // More than suspend a worker, and than end a job.
  const { failuresMax, suspendAfter } = defaultPolicy;
  expect(world.factsOf("leaseFailed").length).toBeGreaterThan(Math.max(failuresMax, suspendAfter));
  world.join("b");
  world.settle(20);
  expect(world.factsOf("workerSuspended")).toEqual([]);
  const { operators, tasks, workers } = world.state.ledger;
  expect(workers.get(lacking.address)).toMatchObject({ faults: 0, state: "admitted" });
  expect([...tasks.values()].filter(({ failures }) => failures > 0)).toEqual([]);
  expect(operators.get(lacking.record.operator)?.reputation.get("wasm")?.available.bad ?? 0).toBe(0);
  expect(jobView(world.state, job.jobId)?.state).toBe("completed");
});

test("whoever has committed had the image", () => {
  const world = new World();
  const [had] = [world.join("had"), world.join("slow", "silent")];
  world.submit(submission({ tasks: 1 }));
  for (let i = 0; i < 3; i += 1) world.block();
  const [lease] = [...world.state.ledger.leases.values()].filter(({ worker }) => worker === had.address);
  expect(lease?.state).toBe("committed");
  const { leaseId = "0x", attempt = 0 } = lease ?? {};
  const said = { kind: "infrastructure", reason: "imageUnavailable", message: "", log: "" } as const;
  const message = { type: "failures", items: [{ leaseId, attempt, ...said }] } as const;
  world.feed({ type: "failuresReceived", worker: had.address, session: had.session, message });
  expect(world.state.ledger.workers.get(had.address)?.faults).toBe(1);
});

describe("a machine without an image", () => {
  test("is not asked for its task again before a while, and job explain says so", () => {
    const { world, lacking } = lackingIn(["a"]);
    const job = submission({ tasks: 1, deadlineAt: world.now + 60 * minute });
    world.submit(job);
    for (let i = 0; i < 3; i += 1) world.block();
    const { lackedAgainMs, declineSkipMs } = defaultPolicy;
    expect(offersTo(world, lacking)).toHaveLength(1);
    for (const ms of [0, declineSkipMs * 2, lackedAgainMs - declineSkipMs * 3]) {
      world.pass(ms);
      world.block();
      expect(offersTo(world, lacking)).toHaveLength(1);
      const wait = explainJob(world.state, job.jobId)?.waits.find(({ code }) => code === "notPlaced");
      expect(wait?.predicates).toContainEqual(expect.objectContaining({ code: "imageUnavailable", workers: 1 }));
      expect(wait?.message).toContain("1 was not given program.wasm by its registry");
    }
    world.pass(declineSkipMs * 2);
    for (let i = 0; i < 3; i += 1) world.block();
    expect(offersTo(world, lacking)).toHaveLength(2);
  });

  test("is not asked for other tasks of the step for a moment either", () => {
    const { world, lacking } = lackingIn(["a", "b"]);
    world.submit(submission({ tasks: 24 }));
    world.settle(10);
    expect(offersTo(world, lacking).length).toBeLessThanOrEqual(lacking.record.slots);
  });
});

test("want of room for a root file system is nobody's fault either, and job explain says what helps", () => {
  const { world, lacking } = lackingIn([]);
  lacking.failsFor = "rootRoom";
  const job = submission({ tasks: 4, deadlineAt: world.now + 60 * minute });
  world.submit(job);
  for (let i = 0; i < 10; i += 1) {
    world.pass(defaultPolicy.declineSkipMs * 2);
    world.block();
  }
  expect(world.factsOf("leaseFailed").length).toBeGreaterThanOrEqual(defaultPolicy.suspendAfter);
  expect(world.factsOf("workerSuspended")).toEqual([]);
  expect(world.state.ledger.workers.get(lacking.address)).toMatchObject({ faults: 0, state: "admitted" });
  const wait = explainJob(world.state, job.jobId)?.waits.find(({ code }) => code === "notPlaced");
  expect(wait?.predicates).toContainEqual(expect.objectContaining({ code: "rootRoom", workers: 1 }));
  expect(wait?.message).toContain("1 had no room for this step's root file system a while ago");
  expect(wait?.change).toContain("--rootfs-bytes");
});
