// Audits whose leases are lost again and again: the accepted result outlives them, and says that nobody looked at it.
import { describe, expect, test } from "vitest";
import { jobView } from "../../src/core/index.ts";
import { payer, submission } from "./world/fixtures.ts";
import { always, fund, spot, stateOf, tasksOf, worldOf } from "./world/trust.ts";
import type { Behaviour } from "./world/worker.ts";

const policy = { suspendAfter: 1_000, failuresMax: 4, auditWaitMs: 1_000_000 };

/** One honest answer, then only workers that never bring the audit to its end. */
function stalledBy(behaviours: readonly Behaviour[]) {
  const { world } = worldOf(["honest"], { policy });
  const job = { ...submission({ tasks: 1, trust: spot(always) }), retryMax: 0 };
  world.submit(job);
  fund(world, job.newEscrowId);
  behaviours.forEach((behaviour, i) => {
    world.join(`stalls${i}`, behaviour);
  });
  return { world, job };
}

describe("an audit whose leases are lost again and again", () => {
  test.each([
    ["machines that break", ["broken", "broken"]],
    ["alleged faults of the program", ["failing", "failing", "failing", "failing"]],
    ["answers that are never shown", ["noReveal", "noReveal", "noReveal", "noReveal"]],
  ] as const)("by %s is missed, and the result that was accepted stands", (_, behaviours) => {
    const { world, job } = stalledBy(behaviours);
    world.settle(200);
    expect(jobView(world.state, job.jobId)).toMatchObject({ state: "completed", owed: 100n, banned: [] });
    expect(world.factsOf("auditMissed").map(({ reason }) => reason.code)).toEqual(["auditStalled"]);
    const lost = tasksOf(world, job.jobId)[0]?.leases.filter(({ state }) => state === "failed" || state === "expired");
    expect(lost).toHaveLength(policy.failuresMax);
  });

  test("is made by a referee, if one is there", () => {
    const { world, job } = stalledBy(["broken", "broken"]);
    world.join("referee", "honest", { operator: payer });
    world.settle(60);
    expect(stateOf(world, job.jobId)).toBe("completed");
    expect(world.factsOf("auditReferred").map(({ reason }) => reason.code)).toEqual(["auditStalled"]);
    expect(world.factsOf("auditMissed")).toEqual([]);
    expect(world.factsOf("leaseOffered").at(-1)).toMatchObject({ role: "referee", price: 0n });
  });
});

test("what was lost before the result was accepted does not count against its audit", () => {
  const { world, workers } = worldOf(["broken"], { policy });
  const [first] = workers;
  if (first === undefined) throw new Error("one worker");
  const lost = (): number => world.factsOf("leaseFailed").length;
  const job = submission({ tasks: 1, trust: spot(always) });
  world.submit(job);
  fund(world, job.newEscrowId);
  while (lost() < 3) world.pass(100);
  first.behaviour = "honest";
  while (world.factsOf("taskAccepted").length === 0) world.pass(100);
  const auditor = world.join("auditor", "broken");
  while (lost() < 5) world.settle(1);
  auditor.behaviour = "honest";
  world.settle(30);
  expect(lost()).toBeGreaterThan(policy.failuresMax);
  expect(stateOf(world, job.jobId)).toBe("completed");
  expect(world.factsOf("auditMissed")).toEqual([]);
  expect(world.factsOf("taskAccepted")).toHaveLength(2);
});

test("answers that differ never stand because whoever should decide was lost", () => {
  const { world, job } = stalledBy(["liar", "broken", "broken", "broken"]);
  world.settle(60);
  expect(world.factsOf("mismatchFound").length).toBeGreaterThan(0);
  expect(jobView(world.state, job.jobId)).toMatchObject({ state: "failed", reason: { code: "disputed" }, banned: [] });
  expect(world.factsOf("taskSettled")).toEqual([]);
});
