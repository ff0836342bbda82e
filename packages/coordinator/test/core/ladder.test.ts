// The mismatch ladder: nobody is caught unless two operators stand behind the answer that stands, and no majority decides.
import { describe, expect, test } from "vitest";
import { jobView, receiptMaterial } from "../../src/core/index.ts";
import { address, close, payer, submission, undrawn } from "./world/fixtures.ts";
import { always, fund, spot, stateOf, tasksOf, worldOf } from "./world/trust.ts";
import type { Behaviour } from "./world/worker.ts";
import type { World } from "./world/world.ts";

function submitOne(world: World): ReturnType<typeof submission> {
  const job = submission({ tasks: 1, trust: undrawn });
  world.submit(job);
  return job;
}

describe("a referee that agrees with nobody", () => {
  test("is confirmed by one fresh replica: then both liars are caught", () => {
    const { world } = worldOf(["liar", "otherLiar"]);
    world.join("referee", "honest", { operator: payer });
    const job = submitOne(world);
    for (let i = 0; i < 4; i += 1) world.block();
    expect(world.factsOf("operatorCaught")).toEqual([]);
    expect(stateOf(world, job.jobId)).toBe("running");
    world.join("fresh");
    world.settle(6);
    expect(jobView(world.state, job.jobId)).toMatchObject({ state: "completed", owed: 100n });
    expect(jobView(world.state, job.jobId)?.banned).toHaveLength(2);
    expect(world.factsOf("taskAccepted").map(({ by }) => by)).toEqual(["referee"]);
  });

  test("is not brought down by a third liar: somebody else is asked too", () => {
    const { world } = worldOf(["liar", "otherLiar"]);
    world.join("referee", "honest", { operator: payer });
    const job = submitOne(world);
    for (let i = 0; i < 4; i += 1) world.block();
    world.join("third", "otherLiar");
    for (let i = 0; i < 4; i += 1) world.block();
    expect(stateOf(world, job.jobId)).toBe("running");
    world.join("fresh");
    world.settle(6);
    expect(jobView(world.state, job.jobId)).toMatchObject({ state: "completed", owed: 100n });
    expect(jobView(world.state, job.jobId)?.banned).toHaveLength(3);
  });

  test("and whom nobody confirms shows that the program is not deterministic: all are paid, nobody is blamed", () => {
    const { world } = worldOf(["liar", "otherLiar"]);
    world.join("referee", "honest", { operator: payer });
    const job = submitOne(world);
    for (let i = 0; i < 4; i += 1) world.block();
    for (const name of ["third", "fourth", "fifth"]) {
      expect(stateOf(world, job.jobId)).toBe("running");
      world.join(name, "otherLiar");
      world.settle(6);
    }
    const view = jobView(world.state, job.jobId);
    expect(view).toMatchObject({ state: "failed", reason: { code: "nondeterministic" }, banned: [], owed: 500n });
    expect(view?.reason?.message).toContain("map/0 (out)");
    expect(world.factsOf("operatorCaught")).toEqual([]);
  });

  test("and whom nobody is free to confirm stands for its payer, and nobody is blamed", () => {
    const { world } = worldOf(["liar", "otherLiar"]);
    world.join("referee", "honest", { operator: payer });
    const job = submitOne(world);
    world.settle(70);
    expect(jobView(world.state, job.jobId)).toMatchObject({ state: "completed", owed: 0n, banned: [] });
    const [fact] = world.factsOf("taskAccepted");
    expect(fact).toMatchObject({ by: "referee", caught: [] });
    expect(fact?.losers).toHaveLength(2);
    expect(world.factsOf("fineDue")).toEqual([]);
  });
});

describe("without a referee, a liar among the first and another among the fresh replicas", () => {
  function split(): { readonly world: World; readonly jobId: ReturnType<typeof submission>["jobId"] } {
    const { world } = worldOf(["liar", "honest"]);
    const { jobId } = submitOne(world);
    for (let i = 0; i < 4; i += 1) world.block();
    for (const name of ["c", "d"]) world.join(name);
    world.join("e", "otherLiar");
    world.settle(6);
    expect(world.factsOf("mismatchFound").map(({ reason }) => reason.code)).toEqual([
      "mismatch",
      "freshReplicasDiffer",
    ]);
    expect(stateOf(world, jobId)).toBe("running");
    return { world, jobId };
  }

  test("do not end the job: a second round of fresh replicas agrees, and both are caught", () => {
    const { world, jobId } = split();
    world.restart("snapshot");
    world.reconnect();
    for (const name of ["f", "g", "h"]) world.join(name);
    world.settle(10);
    expect(jobView(world.state, jobId)).toMatchObject({ state: "completed", owed: 600n });
    expect(jobView(world.state, jobId)?.banned).toHaveLength(2);
    expect(world.factsOf("taskAccepted").map(({ by }) => by)).toEqual(["freshReplicas"]);
  });

  test("end it when the second round differs too: three kinds of answers are the program's", () => {
    const { world, jobId } = split();
    for (const name of ["f", "g"]) world.join(name);
    world.join("h", "otherLiar");
    world.settle(10);
    const view = jobView(world.state, jobId);
    expect(view).toMatchObject({ state: "failed", reason: { code: "nondeterministic" }, banned: [], owed: 800n });
  });

  test("stand in the receipt as those that decided, though an audit began it", () => {
    const { world } = worldOf(["honest"]);
    const { jobId, newEscrowId } = submission({ tasks: 1, trust: spot(always) });
    world.submit(submission({ tasks: 1, trust: spot(always) }));
    fund(world, newEscrowId);
    const pairs: [string, Behaviour][][] = [
      [["auditor", "liar"]],
      [
        ["c", "honest"],
        ["d", "otherLiar"],
      ],
      [
        ["e", "honest"],
        ["f", "honest"],
      ],
    ];
    for (const pair of pairs) {
      for (const [name, behaviour] of pair) world.join(name, behaviour);
      world.settle(6);
    }
    expect(stateOf(world, jobId)).toBe("completed");
    const [task] = receiptMaterial(world.state, jobId)?.tasks ?? [];
    expect(task?.answers.map(({ audit }) => audit)).toEqual([null, "lottery", null, null, null, null]);
    expect(world.factsOf("operatorCaught")).toHaveLength(2);
  });

  test("leave it disputed when no unused operators come in time", () => {
    const { world, jobId } = split();
    world.settle(70);
    expect(jobView(world.state, jobId)).toMatchObject({ state: "failed", reason: { code: "disputed" }, banned: [] });
  });
});

test("a referee with whom one operator agrees decides at once, and whoever differs is caught", () => {
  const { world, workers } = worldOf(["liar", "honest"]);
  world.join("referee", "honest", { operator: payer });
  const job = submitOne(world);
  world.settle(6);
  expect(stateOf(world, job.jobId)).toBe("completed");
  expect(world.factsOf("operatorCaught").map(({ worker }) => worker)).toEqual([workers[0]?.address]);
});

test("a referee that made the audit itself is confirmed before the first answer is blamed", () => {
  const { world, workers } = worldOf(["liar"], { policy: { auditWaitMs: 2_000 } });
  world.join("referee", "honest", { operator: payer });
  const job = submission({ tasks: 1, trust: spot(always) });
  world.submit(job);
  fund(world, job.newEscrowId);
  world.pass(4_000);
  expect(world.factsOf("mismatchFound").map(({ resolver }) => resolver)).toEqual(["referee"]);
  expect(world.factsOf("operatorCaught")).toEqual([]);
  world.join("fresh");
  world.settle(6);
  expect(stateOf(world, job.jobId)).toBe("completed");
  expect(world.factsOf("operatorCaught").map(({ worker }) => worker)).toEqual([workers[0]?.address]);
  expect(tasksOf(world, job.jobId)[0]?.acceptedBy).toBe("referee");
});

describe("fresh replicas that contradict others which decided before", () => {
  // One coalition fills the first round of fresh replicas and outvotes whoever was honest. Later one of its members is caught in a job of
  // another payer, with a referee of his own, and what it answered before is looked at again by honest operators.
  interface Cast {
    /** Who answers first, beside a liar. */
    readonly first?: Behaviour;
    /** Those who look at it later. */
    readonly ours?: Behaviour;
    readonly trust?: typeof undrawn;
    /** Whether the payer's own referee comes later and decides. */
    readonly isRefereed?: boolean;
  }

  function play({ first: behaviour = "honest", ours = "honest", trust = undrawn, isRefereed = false }: Cast) {
    const { world, workers } = worldOf([behaviour, "liar"], { policy: { finalityMs: 300_000 } });
    const [first] = workers;
    if (first === undefined) throw new Error("nobody works");
    const { jobId } = submission({ key: "first", tasks: 1, trust });
    world.submit(submission({ key: "first", tasks: 1, trust }));
    for (let i = 0; i < 4; i += 1) world.block();
    const coalition = ["x", "y", "z"].map((name) => world.join(name, "liar"));
    world.settle(6);
    expect(world.factsOf("taskAccepted").map(({ by }) => by)).toEqual(["freshReplicas"]);
    for (const worker of [first, ...coalition]) world.feed(worker.disconnect());
    const other = address("another payer");
    world.join("referee", "honest", { operator: other });
    world.join("auditor", ours);
    if (isRefereed) world.join("own referee", "honest", { operator: payer });
    world.submit(submission({ key: "second", tasks: 1, payer: other, trust }));
    world.settle(10);
    for (const name of isRefereed ? [] : ["f", "g"]) world.join(name, ours);
    world.settle(20);
    const [task] = tasksOf(world, jobId);
    if (!isRefereed) expect(task?.leases).toHaveLength(9);
    return { world, jobId, first, taskId: task?.taskId };
  }

  const caughtWith = (world: World, taskId: string | undefined): readonly string[] =>
    world.factsOf("operatorCaught").flatMap(({ leaseId, worker }) => {
      return world.state.ledger.leases.get(leaseId)?.taskId === taskId ? [worker] : [];
    });

  test("make a dispute of it: as many stand on either side, and nobody more is blamed", () => {
    const { world, jobId, first, taskId } = play({});
    const view = jobView(world.state, jobId);
    expect(view).toMatchObject({ state: "failed", reason: { code: "disputed" } });
    expect(view?.reason?.message).toContain("ruled before");
    expect(world.factsOf("taskAccepted").filter((fact) => fact.taskId === taskId)).toHaveLength(1);
    expect(caughtWith(world, taskId)).toEqual([first.address]);
  });

  test("and so does a referee that comes later: whom it rights was blamed, and nobody more is", () => {
    const { world, jobId, first, taskId } = play({ isRefereed: true });
    const referee = world.factsOf("leaseRevealed").filter(({ leaseId }) => {
      const lease = world.state.ledger.leases.get(leaseId);
      return lease?.role === "referee" && lease.taskId === taskId;
    });
    expect(referee.length).toBeGreaterThan(0);
    expect(jobView(world.state, jobId)).toMatchObject({ state: "failed", reason: { code: "disputed" } });
    expect(caughtWith(world, taskId)).toEqual([first.address]);
  });

  test("and so do those whose numbers are only close to the answer that lost", () => {
    const { world, jobId, first, taskId } = play({ first: "drifter", ours: "drifter", trust: close });
    expect(jobView(world.state, jobId)).toMatchObject({ state: "failed", reason: { code: "disputed" } });
    expect(caughtWith(world, taskId)).toEqual([first.address]);
  });

  test("decide where they right nobody: the answer that lost was wrong too", () => {
    const { world, jobId, taskId } = play({ first: "otherLiar" });
    expect(stateOf(world, jobId)).toBe("running");
    expect(world.factsOf("taskAccepted").filter((fact) => fact.taskId === taskId)).toHaveLength(2);
    expect(caughtWith(world, taskId)).toHaveLength(5);
  });
});
