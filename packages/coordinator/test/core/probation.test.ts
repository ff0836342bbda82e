// Probation: an operator's results are checked one by one until enough of them agreed with those of others, by class; and anew once it is caught.
import { describe, expect, test } from "vitest";
import { checksPassed, isOnProbation } from "../../src/core/verification/probation.ts";
import { submission, undrawn } from "./world/fixtures.ts";
import { causesOf, fund, hardly, passChecks, spot, stateOf, tasksOf, worldOf } from "./world/trust.ts";

const probation = { policy: { probationChecks: 5 } };

describe("an operator on probation", () => {
  test("has each of its results audited in a job of one replica, and fewer once it has passed", () => {
    const { world, workers } = worldOf(["honest", "honest"], probation);
    const job = submission({ tasks: 30, trust: spot(hardly) });
    world.submit(job);
    fund(world, job.newEscrowId);
    world.settle(12);
    expect(stateOf(world, job.jobId)).toBe("completed");
    for (const { record } of workers)
      expect(checksPassed(world.state, record.operator, "wasm")).toBeGreaterThanOrEqual(5);
    const causes = tasksOf(world, job.jobId).flatMap(({ taskId }) => causesOf(world, taskId));
    expect(new Set(causes)).toEqual(new Set(["checked"]));
    // Two operators check each other: five audits pass both, and what was leased meanwhile is checked too.
    expect(causes.length).toBeGreaterThanOrEqual(5);
    const checked = world.factsOf("leaseOffered").filter((lease) => lease.checked === true);
    expect(checked.length).toBeLessThan(30);
    expect(isOnProbation(world.state, workers[0]?.record.operator ?? "0x", "wasm")).toBe(false);
  });

  test("is checked by its replicas where there are any: no audit comes on top", () => {
    const { world } = worldOf(["honest", "honest"], probation);
    const job = submission({ tasks: 10, trust: undrawn });
    world.submit(job);
    world.settle(8);
    expect(stateOf(world, job.jobId)).toBe("completed");
    expect(world.factsOf("auditOrdered")).toEqual([]);
    expect(world.factsOf("leaseOffered").some(({ checked }) => checked === true)).toBe(true);
  });

  test("passes one check for each answer that another operator gave too, and none alone", () => {
    const { world, workers } = worldOf(["honest", "honest"], probation);
    const job = submission({ tasks: 3, trust: undrawn });
    world.submit(job);
    world.settle(8);
    for (const { record } of workers) expect(checksPassed(world.state, record.operator, "wasm")).toBe(3);
    expect(checksPassed(world.state, workers[0]?.record.operator ?? "0x", "gpu")).toBe(0);
  });
});

test("an operator that pledged too little is checked though it passed its probation", () => {
  const { world } = worldOf(["honest", "honest"]);
  const job = submission({ tasks: 3, trust: spot(hardly) });
  world.submit(job);
  world.settle(8);
  expect(stateOf(world, job.jobId)).toBe("completed");
  expect(world.factsOf("leaseOffered").every(({ checked, fine }) => checked === true && fine === 0n)).toBe(true);
  expect(world.factsOf("auditOrdered").map(({ cause }) => cause)).toEqual(["checked", "checked", "checked"]);
});

test("whoever has nothing at stake is paid with its check, and not before", () => {
  const { world } = worldOf(["honest"]);
  const job = submission({ tasks: 1, trust: spot(hardly) });
  world.submit(job);
  for (let i = 0; i < 3; i += 1) world.block();
  expect(tasksOf(world, job.jobId)[0]).toMatchObject({ state: "queued", digest: expect.stringMatching(/^0x/) });
  expect(world.factsOf("payOwed")).toEqual([]);
  world.join("other");
  world.settle(4);
  expect(stateOf(world, job.jobId)).toBe("completed");
  expect(world.factsOf("payOwed").map(({ amount }) => amount)).toEqual([100n, 100n]);
});

test("whoever pledged enough is paid when its answer is accepted, before any check", () => {
  const { world } = worldOf(["honest"], probation);
  const job = submission({ tasks: 1, trust: spot(hardly) });
  world.submit(job);
  fund(world, job.newEscrowId);
  expect(world.factsOf("auditOrdered").map(({ cause }) => cause)).toEqual(["checked"]);
  expect(world.factsOf("payOwed")).toHaveLength(1);
});

test("whoever is caught starts anew", () => {
  const { world, workers } = worldOf(["liar", "honest", "honest", "honest", "honest", "honest"], probation);
  const [liar] = workers;
  if (liar === undefined) throw new Error("six workers");
  for (const worker of workers) passChecks(world, worker, 5);
  const job = submission({ tasks: 6, trust: undrawn });
  world.submit(job);
  world.settle(20);
  expect(stateOf(world, job.jobId)).toBe("completed");
  expect(isOnProbation(world.state, liar.record.operator, "wasm")).toBe(true);
  const its = world.factsOf("operatorCaught").filter(({ operator }) => operator === liar.record.operator);
  expect(world.state.ledger.operators.get(liar.record.operator)?.caught).toBe(its.length);
});

test("the first tasks of a job without replicas are run twice, whoever runs them", () => {
  const { world } = worldOf(["honest", "honest"], { policy: { canaries: 2 } });
  const job = submission({ tasks: 12, trust: spot(hardly) });
  world.submit(job);
  fund(world, job.newEscrowId);
  world.settle(8);
  expect(stateOf(world, job.jobId)).toBe("completed");
  const causes = world.factsOf("auditOrdered").map(({ cause }) => cause);
  expect(causes).toEqual(["canary", "canary"]);
  const first = world.factsOf("tasksQueued")[0]?.indices?.slice(0, 2);
  const audited = tasksOf(world, job.jobId).filter(({ audits }) => audits.length > 0);
  expect(audited.map(({ index }) => index).sort((a, b) => a - b)).toEqual([...(first ?? [])].sort((a, b) => a - b));
});
