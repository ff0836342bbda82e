// Two different commitments for one lease: the worker is caught by its own signatures, which are kept.
import { fineOf, trustTerms } from "@starling/protocol";
import { describe, expect, test } from "vitest";
import { jobView } from "../../src/core/index.ts";
import { submission, undrawn } from "./world/fixtures.ts";
import { fund, stateOf, tasksOf, worldOf } from "./world/trust.ts";

function play() {
  const { world, workers } = worldOf(["twofold", "honest", "honest"]);
  const job = submission({ tasks: 4, trust: "quorum" });
  world.submit(job);
  fund(world, job.newEscrowId);
  world.settle(8);
  const [worker] = workers;
  if (worker === undefined) throw new Error("three workers");
  return { world, worker, job };
}

describe("a worker that commits twice", () => {
  test("is out of the job, its replica goes to another operator, and it is not paid", () => {
    const { world, worker, job } = play();
    expect(stateOf(world, job.jobId)).toBe("completed");
    expect(jobView(world.state, job.jobId)?.banned.map(({ reason }) => reason.code)).toEqual(["equivocation"]);
    expect(world.chain.paid.get(worker.address) ?? 0n).toBe(0n);
    for (const task of tasksOf(world, job.jobId)) {
      const winners = task.leases.filter(({ verdict }) => verdict === "accepted");
      expect(winners.some((lease) => lease.worker === worker.address)).toBe(false);
    }
  });

  test("leaves both commitments with their signatures", () => {
    const { world } = play();
    const facts = world.factsOf("leaseEquivocated");
    expect(facts.length).toBeGreaterThan(0);
    for (const { leaseId, commitment, evidence } of facts) {
      const lease = world.state.ledger.leases.get(leaseId);
      expect(lease?.commitment).not.toBe(commitment);
      expect(lease?.commitEvidence).not.toBeNull();
      expect(lease?.equivocation).toEqual({ commitment, evidence });
    }
  });

  test("owes the fine that its lease named, once, and its pledge stays bound for it", () => {
    const { world, worker, job } = play();
    const due = world.factsOf("fineDue");
    const caught = world.factsOf("operatorCaught");
    expect(due.map(({ leaseId }) => leaseId)).toEqual(caught.map(({ leaseId }) => leaseId));
    expect(due.every(({ amount }) => amount === fineOf(trustTerms("quorum"), 100n))).toBe(true);
    const sum = due.reduce((total, { amount }) => total + amount, 0n);
    const escrow = world.state.ledger.escrows.get(job.newEscrowId);
    expect(escrow?.fines.get(worker.record.operator)).toBe(sum);
    expect(escrow?.finesDue.size).toBe(due.length);
  });
});

test("the same commitment again is no second one", () => {
  const { world } = worldOf(["honest", "honest"]);
  const feed = world.feed.bind(world);
  world.feed = (input) => {
    if (input.type === "commitsReceived") feed(input);
    return feed(input);
  };
  const job = submission({ tasks: 3, trust: undrawn });
  world.submit(job);
  world.settle(6);
  expect(stateOf(world, job.jobId)).toBe("completed");
  expect(world.factsOf("operatorCaught")).toEqual([]);
});
