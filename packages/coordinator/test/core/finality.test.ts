// Results are provisional for a while: only settled ones complete a job, feed its reduce step and are anchored.
import { describe, expect, test } from "vitest";
import { explainJob, jobView } from "../../src/core/index.ts";
import { submission } from "./world/fixtures.ts";
import { hardly, spot, stateOf, tasksOf, worldOf } from "./world/trust.ts";

const finalityMs = 5_000;

describe("the window", () => {
  test("keeps a job from completing, and its results from being anchored", () => {
    const { world } = worldOf(["honest", "honest"], { policy: { finalityMs } });
    const job = submission({ tasks: 3 });
    world.submit(job);
    for (let i = 0; i < 3; i += 1) world.block();
    expect(jobView(world.state, job.jobId)).toMatchObject({ state: "running", tasks: { accepted: 3 } });
    world.pass(finalityMs - 100);
    expect(stateOf(world, job.jobId)).toBe("running");
    expect(world.factsOf("batchClosed")).toEqual([]);
    world.pass(200);
    expect(stateOf(world, job.jobId)).toBe("completed");
    expect(world.factsOf("taskSettled")).toHaveLength(3);
    world.settle(3);
    expect(jobView(world.state, job.jobId)).toMatchObject({ tasks: { final: 3 }, anchored: true });
  });

  test("keeps the reduce step waiting", () => {
    const { world } = worldOf(["honest", "honest"], { policy: { finalityMs } });
    const job = submission({ tasks: 2, reduce: true });
    world.submit(job);
    for (let i = 0; i < 3; i += 1) world.block();
    world.pass(finalityMs - 100);
    expect(tasksOf(world, job.jobId).find(({ step }) => step === "reduce")?.leases).toEqual([]);
    world.pass(200);
    expect(tasksOf(world, job.jobId).find(({ step }) => step === "reduce")?.leases).toHaveLength(2);
    world.pass(finalityMs + 100);
    expect(stateOf(world, job.jobId)).toBe("completed");
  });

  test("is explained, with its end", () => {
    const { world } = worldOf(["honest", "honest"], { policy: { finalityMs } });
    const job = submission({ tasks: 2 });
    world.submit(job);
    for (let i = 0; i < 3; i += 1) world.block();
    const [wait] = explainJob(world.state, job.jobId)?.waits ?? [];
    expect(wait).toMatchObject({ code: "provisional", subject: "job" });
    expect(wait?.until).toBe(Math.max(...world.factsOf("taskAccepted").map(({ settlesAt }) => settlesAt ?? 0)));
  });

  test("ends with the job's deadline at the latest, so that no job fails for it", () => {
    const { world } = worldOf(["honest", "honest"], { policy: { finalityMs: 60_000 } });
    const deadlineAt = world.now + 10_000;
    const job = submission({ tasks: 2, deadlineAt });
    world.submit(job);
    for (let i = 0; i < 3; i += 1) world.block();
    world.pass(10_500);
    expect(stateOf(world, job.jobId)).toBe("completed");
  });

  test("of no length settles in the turn of the acceptance", () => {
    const { world } = worldOf(["honest", "honest"], { policy: { finalityMs: 0 } });
    const job = submission({ tasks: 2 });
    world.submit(job);
    for (let i = 0; i < 3; i += 1) world.block();
    expect(stateOf(world, job.jobId)).toBe("completed");
  });
});

describe("a job that ends early", () => {
  test("keeps what was accepted: it is settled and anchored", () => {
    const { world } = worldOf(["honest", "honest"], { policy: { finalityMs } });
    const job = submission({ tasks: 3 });
    world.submit(job);
    for (let i = 0; i < 3; i += 1) world.block();
    world.feed({ type: "jobCancelled", jobId: job.jobId, payer: job.payer });
    expect(jobView(world.state, job.jobId)).toMatchObject({ state: "cancelled", tasks: { accepted: 3 } });
    world.settle(3);
    expect(jobView(world.state, job.jobId)).toMatchObject({ tasks: { final: 3 }, anchored: true });
  });

  test("gives up the audits that are open, and says so", () => {
    const { world } = worldOf(["honest"]);
    const job = submission({ tasks: 1, trust: spot(hardly) });
    world.submit(job);
    for (let i = 0; i < 3; i += 1) world.block();
    expect(world.factsOf("auditOrdered")).toHaveLength(1);
    world.feed({ type: "jobCancelled", jobId: job.jobId, payer: job.payer });
    expect(world.factsOf("auditMissed").map(({ reason }) => reason.code)).toEqual(["jobOver"]);
    expect(tasksOf(world, job.jobId)[0]).toMatchObject({ state: "accepted" });
    expect(tasksOf(world, job.jobId)[0]?.settledAt).toBe(world.now);
  });
});

test("provisional results survive a restart, and settle when their time has come", () => {
  for (const from of ["facts", "snapshot"] as const) {
    const { world } = worldOf(["honest", "honest"], { policy: { finalityMs } });
    const job = submission({ tasks: 2 });
    world.submit(job);
    for (let i = 0; i < 3; i += 1) world.block();
    world.restart(from);
    world.pass(finalityMs + 100);
    expect(stateOf(world, job.jobId)).toBe("completed");
  }
});
