// Audits: who makes them, how long they are waited for, and what a result says that nobody could audit.
import { describe, expect, test } from "vitest";
import { explainJob, receiptMaterial } from "../../src/core/index.ts";
import { payer, submission } from "./world/fixtures.ts";
import { always, causesOf, fund, hardly, passChecks, spot, stateOf, tasksOf, worldOf } from "./world/trust.ts";

describe("an audit that finds the same answer", () => {
  test("is paid like any other, and the first one is paid once", () => {
    const { world } = worldOf(["honest", "honest"]);
    const job = submission({ tasks: 1, trust: spot(always) });
    world.submit(job);
    fund(world, job.newEscrowId);
    world.settle(6);
    expect(stateOf(world, job.jobId)).toBe("completed");
    expect(world.factsOf("payOwed").map(({ amount }) => amount)).toEqual([100n, 100n]);
    expect(new Set(world.factsOf("payOwed").map(({ leaseId }) => leaseId)).size).toBe(2);
    expect(world.factsOf("taskAccepted")).toHaveLength(2);
    expect(world.factsOf("taskSettled")).toHaveLength(1);
  });

  test("stands in the receipt as what it is", () => {
    const { world } = worldOf(["honest", "honest"]);
    const job = submission({ tasks: 1, trust: spot(always) });
    world.submit(job);
    fund(world, job.newEscrowId);
    world.settle(6);
    const [task] = receiptMaterial(world.state, job.jobId)?.tasks ?? [];
    expect(task?.answers.map(({ audit }) => audit)).toEqual([null, "lottery"]);
    expect(task?.auditMissed).toBeNull();
  });
});

describe("an audit that finds another answer", () => {
  test("brings in fresh replicas: the right answer stands, and the liar is caught but keeps what it was paid", () => {
    const { world, workers } = worldOf(["liar", "honest", "honest", "honest"]);
    const [liar] = workers;
    if (liar === undefined) throw new Error("four workers");
    const job = submission({ tasks: 8, trust: spot(always) });
    world.submit(job);
    fund(world, job.newEscrowId);
    world.settle(10);
    expect(stateOf(world, job.jobId)).toBe("completed");
    const overturned = world
      .factsOf("taskAccepted")
      .filter(({ losers, taskId }) => losers.length > 0 && causesOf(world, taskId).length > 0);
    expect(overturned.length).toBeGreaterThan(0);
    for (const { losers, caught, by } of overturned) {
      expect(by).toBe("freshReplicas");
      expect(caught).toEqual(losers);
    }
    const its = world.factsOf("operatorCaught");
    expect(new Set(its.map(({ operator }) => operator))).toEqual(new Set([liar.record.operator]));
    const first = its.filter(({ leaseId }) => world.state.ledger.leases.get(leaseId)?.verdict === "accepted");
    const owed = world.factsOf("payOwed").filter(({ worker }) => worker === liar.address);
    expect(owed.map(({ leaseId }) => leaseId).sort()).toEqual(first.map(({ leaseId }) => leaseId).sort());
    for (const task of tasksOf(world, job.jobId)) {
      const standing = task.leases.filter(({ digest }) => digest !== null && digest === task.digest);
      expect(standing.some(({ worker }) => worker === liar.address)).toBe(false);
    }
  });

  test("without enough operators leaves the task disputed, and no result", () => {
    const { world } = worldOf(["otherLiar", "otherLiar"]);
    const job = submission({ tasks: 1, trust: spot(always) });
    world.submit(job);
    fund(world, job.newEscrowId);
    world.settle(70);
    expect(stateOf(world, job.jobId)).toBe("failed");
    expect(tasksOf(world, job.jobId)[0]).toMatchObject({ state: "disputed", digest: null });
    expect(world.factsOf("operatorCaught")).toEqual([]);
  });
});

describe("an audit that nobody can make", () => {
  test("waits, is explained, and is missed for a stated reason", () => {
    const { world } = worldOf(["honest"], { policy: { auditWaitMs: 10_000 } });
    const job = submission({ tasks: 1, trust: spot(always) });
    world.submit(job);
    fund(world, job.newEscrowId);
    const [wait] = explainJob(world.state, job.jobId)?.waits ?? [];
    expect(wait).toMatchObject({ code: "auditWaiting", subject: "task" });
    expect(wait?.until).toBeGreaterThan(world.now);
    world.pass(9_500);
    expect(stateOf(world, job.jobId)).toBe("running");
    world.pass(1_000);
    expect(stateOf(world, job.jobId)).toBe("completed");
    expect(world.factsOf("auditMissed").map(({ reason }) => reason.code)).toEqual(["noAuditor"]);
    expect(tasksOf(world, job.jobId)[0]?.audits).toMatchObject([{ cause: "lottery", missed: { code: "noAuditor" } }]);
    expect(receiptMaterial(world.state, job.jobId)?.tasks[0]?.auditMissed).not.toBeNull();
  });

  test("is made by the payer's referee instead, if there is one", () => {
    const { world } = worldOf(["honest"], { policy: { auditWaitMs: 10_000 } });
    const referee = world.join("referee", "honest", { operator: payer });
    const job = submission({ tasks: 1, trust: spot(always) });
    world.submit(job);
    fund(world, job.newEscrowId);
    world.pass(9_000);
    expect(world.factsOf("leaseOffered")).toHaveLength(1);
    world.pass(2_000);
    expect(stateOf(world, job.jobId)).toBe("completed");
    expect(world.factsOf("auditMissed")).toEqual([]);
    expect(world.factsOf("leaseOffered").map(({ role }) => role)).toEqual(["replica", "referee"]);
    expect(world.factsOf("leaseOffered")[1]).toMatchObject({ worker: referee.address, price: 0n });
  });

  test("waits longer for an operator that is only busy", () => {
    const { world, workers } = worldOf(["honest", "silent"], { policy: { auditWaitMs: 2_000 } });
    const [, busy] = workers;
    if (busy === undefined) throw new Error("two workers");
    const job = submission({ tasks: 1, trust: spot(always) });
    world.submit(job);
    // It has no free slot until later.
    const ask = busy.ask();
    if (ask.type === "workerAsked") world.feed({ ...ask, message: { ...ask.message, freeSlots: 0 } });
    fund(world, job.newEscrowId);
    world.pass(4_000);
    expect(world.factsOf("auditMissed")).toEqual([]);
    busy.behaviour = "honest";
    world.feed(busy.ask());
    world.pass(2_000);
    expect(stateOf(world, job.jobId)).toBe("completed");
    expect(world.factsOf("auditMissed")).toEqual([]);
  });

  test("for want of money is missed, and says that", () => {
    const { world } = worldOf(["honest", "honest"]);
    const job = submission({ tasks: 1, trust: spot(hardly), budget: 300n, perTaskMax: 150n });
    world.submit(job);
    for (let i = 0; i < 2; i += 1) world.block();
    const known = world.state.ledger.jobs.get(job.jobId);
    if (known === undefined) throw new Error("no job");
    Object.assign(known, { submission: { ...known.submission, order: { ...known.submission.order, budget: 150n } } });
    // For a while the task waits for somebody who has pledged: the money for its check is missing beforehand.
    world.settle(80);
    expect(stateOf(world, job.jobId)).toBe("completed");
    expect(world.factsOf("auditMissed").map(({ reason }) => reason.code)).toEqual(["budgetExhausted"]);
  });
});

test("an audit whose lease is lost goes to another operator", () => {
  const { world } = worldOf(["honest"]);
  const job = submission({ tasks: 1, trust: spot(always) });
  world.submit(job);
  fund(world, job.newEscrowId);
  const deserter = world.join("deserter", "silent");
  for (let i = 0; i < 3; i += 1) world.block();
  expect(world.factsOf("leaseOffered").at(-1)?.worker).toBe(deserter.address);
  deserter.connected = false;
  world.join("other");
  world.settle(30);
  expect(stateOf(world, job.jobId)).toBe("completed");
  expect(tasksOf(world, job.jobId)[0]?.audits).toMatchObject([{ cause: "lottery", missed: null }]);
});

test("whoever checks a checked result has passed its own probation, if anybody has, whatever its price", () => {
  const { world } = worldOf(["honest", "honest", "honest"], { policy: { probationChecks: 3 } });
  const proven = world.join("proven", "honest", { pricePerTask: 150n });
  passChecks(world, proven, 3);
  const job = submission({ tasks: 1, trust: spot(hardly) });
  world.submit(job);
  world.settle(5);
  expect(stateOf(world, job.jobId)).toBe("completed");
  expect(world.factsOf("auditOrdered").map(({ cause }) => cause)).toEqual(["checked"]);
  const [first, second] = world.factsOf("leaseOffered");
  expect(first?.worker).not.toBe(proven.address);
  expect(second?.worker).toBe(proven.address);
});
