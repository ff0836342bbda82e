// Rule 4: once an operator is caught, all of its results that are not settled are checked again, in every job.
import { describe, expect, test } from "vitest";
import { address, payer, submission, undrawn } from "./world/fixtures.ts";
import { causesOf, stateOf, tasksOf, worldOf } from "./world/trust.ts";

describe("a worker that lied in some tasks", () => {
  function play() {
    const { world } = worldOf(["honest", "honest", "honest"], { policy: { finalityMs: 20_000 } });
    const turncoat = world.join("turncoat", "honest", { pricePerTask: 10n });
    world.join("referee", "honest", { operator: payer });
    const first = submission({ key: "first", tasks: 6, trust: undrawn });
    const second = submission({ key: "second", tasks: 6, trust: undrawn });
    world.submit(first);
    for (let i = 0; i < 3; i += 1) world.block();
    turncoat.liesAbout = () => true;
    world.submit(second);
    world.settle(40);
    return { world, turncoat, first, second };
  }

  test("has its honest results run once more as well, in other jobs too", () => {
    const { world, turncoat, first, second } = play();
    const caughtAt = world.factsOf("operatorCaught")[0]?.at ?? 0;
    const its = tasksOf(world, first.jobId).filter(({ leases }) =>
      leases.some(({ worker, verdict }) => worker === turncoat.address && verdict === "accepted"),
    );
    expect(its.length).toBeGreaterThan(0);
    for (const { taskId, leases } of its) {
      expect(causesOf(world, taskId)).toEqual(["retro"]);
      expect(new Set(leases.map(({ operator }) => operator)).size).toBe(3);
    }
    for (const { at } of world.factsOf("auditOrdered")) expect(at).toBeGreaterThanOrEqual(caughtAt);
    expect(stateOf(world, first.jobId)).toBe("completed");
    expect(stateOf(world, second.jobId)).toBe("completed");
  });

  test("is caught once for each wrong answer, and banned where it lied", () => {
    const { world, turncoat, second } = play();
    const caught = world.factsOf("operatorCaught");
    expect(caught.length).toBeGreaterThan(0);
    expect(new Set(caught.map(({ leaseId }) => leaseId)).size).toBe(caught.length);
    expect(world.state.ledger.jobs.get(second.jobId)?.banned.has(turncoat.record.operator)).toBe(true);
  });
});

test("a true answer of a liar is run once more, however many of its lies come in afterwards", () => {
  const { world } = worldOf(["honest", "honest", "honest"], { policy: { finalityMs: 60_000 } });
  const turncoat = world.join("turncoat", "honest", { pricePerTask: 10n });
  world.join("referee", "honest", { operator: payer });
  // As many replicas as there are slots, so that everybody has a part.
  const first = submission({ key: "first", tasks: 4, trust: undrawn });
  world.submit(first);
  for (let i = 0; i < 3; i += 1) world.block();
  turncoat.liesAbout = () => true;
  for (let i = 0; i < 3; i += 1) {
    world.submit(submission({ key: `lie ${i}`, tasks: 12, trust: undrawn }));
    // Its suspension for wrong answers is over by then.
    world.settle(12);
  }
  world.settle(80);
  const times = world.factsOf("operatorCaught").filter(({ worker }) => worker === turncoat.address);
  expect(new Set(times.map(({ at }) => at)).size).toBeGreaterThan(1);
  const its = tasksOf(world, first.jobId).filter(({ leases }) =>
    leases.some(({ worker, verdict }) => worker === turncoat.address && verdict === "accepted"),
  );
  expect(its.length).toBeGreaterThan(0);
  for (const { taskId } of its) expect(causesOf(world, taskId)).toEqual(["retro"]);
  expect(stateOf(world, first.jobId)).toBe("completed");
});

test("a pair that lied together is found out when one of them is caught with something else", () => {
  const { world, workers } = worldOf(["honest", "honest", "honest"], { policy: { finalityMs: 20_000 } });
  for (const worker of workers) worker.connected = false;
  for (const { record, session } of workers)
    world.feed({ type: "workerGone", worker: record.worker, session, reason: "reset" });
  const [one, other] = [world.join("one", "liar"), world.join("other", "liar")];
  const first = submission({ key: "first", tasks: 1, trust: undrawn });
  world.submit(first);
  for (let i = 0; i < 3; i += 1) world.block();
  const wrong = world.factsOf("taskAccepted")[0]?.digest;
  expect(world.factsOf("taskAccepted")).toHaveLength(1);
  world.reconnect();
  world.join("referee", "honest", { operator: payer });
  other.behaviour = "honest";
  world.submit(submission({ key: "second", tasks: 4, trust: undrawn }));
  world.settle(40);
  expect(world.factsOf("operatorCaught").map(({ operator }) => operator)).toContain(one.record.operator);
  expect(world.factsOf("operatorCaught").map(({ operator }) => operator)).toContain(address("operator-other"));
  const [task] = tasksOf(world, first.jobId);
  expect(task?.digest).not.toBe(wrong);
  expect(stateOf(world, first.jobId)).toBe("completed");
});

test("what is settled stays as it is", () => {
  const { world } = worldOf(["honest", "honest"], { policy: { finalityMs: 500 } });
  const turncoat = world.join("turncoat", "honest", { pricePerTask: 10n });
  world.join("referee", "honest", { operator: payer });
  const first = submission({ key: "first", tasks: 4, trust: undrawn });
  world.submit(first);
  world.settle(6);
  turncoat.liesAbout = () => true;
  world.submit(submission({ key: "second", tasks: 4, trust: undrawn }));
  world.settle(20);
  expect(world.factsOf("operatorCaught").length).toBeGreaterThan(0);
  for (const { taskId } of tasksOf(world, first.jobId)) expect(causesOf(world, taskId)).toEqual([]);
});
