// Money: submission checks, funding, allotments, pay, anchors and the end of an escrow; the books equal the chain throughout.
import { checkedFineOf, fineOf, trustTerms } from "@starling/protocol";
import { describe, expect, test } from "vitest";
import { jobView, ledgerView } from "../../src/core/index.ts";
import { address, config, payer, startMs, submission } from "./world/fixtures.ts";
import { pledge } from "./world/pledge.ts";
import type { TestWorker } from "./world/worker.ts";
import { World } from "./world/world.ts";

function worldOf(names: readonly string[], policy = {}): World {
  const world = new World(config({ policy }));
  for (const name of names) world.join(name);
  return world;
}

describe("submission", () => {
  test("the same key and content is the same job and spends nothing; other content is refused", () => {
    const world = worldOf([]);
    const job = submission({ tasks: 3 });
    world.submit(job);
    const facts = world.facts.length;
    expect(world.submit(job)).toEqual({ ok: true, value: { jobId: job.jobId, duplicate: true } });
    expect(world.submit(submission({ tasks: 4 }))).toMatchObject({ ok: false, code: "idempotencyConflict" });
    expect(world.facts.length).toBe(facts);
  });

  test.each([
    ["budgetTooSmall", { tasks: 10, budget: 2_999n }, "1 short"],
    ["deadlinePassed", { deadlineAt: startMs - 1 }, "passed"],
    ["escrowUnfunded", { withPermit: false }, "permit"],
    ["tooLarge", { tasks: 1_000_001, budget: 10n ** 12n }, "1000001"],
  ] as const)("%s", (code, options, words) => {
    const world = worldOf([]);
    const outcome = world.submit(submission(options));
    expect(outcome).toMatchObject({ ok: false, code });
    expect(outcome.ok ? "" : outcome.message).toContain(words);
    expect(world.factsOf("jobAccepted")).toEqual([]);
  });

  test("an order for another coordinator is refused", () => {
    const world = worldOf([]);
    const job = submission();
    const outcome = world.submit({ ...job, order: { ...job.order, coordinator: address("other") } });
    expect(outcome).toMatchObject({ ok: false, code: "wrongCoordinator" });
  });

  test("a payer has at most so many open jobs", () => {
    const world = worldOf([], { openJobsPerPayerMax: 2 });
    expect(world.submit(submission({ key: "a" })).ok).toBe(true);
    expect(world.submit(submission({ key: "b" })).ok).toBe(true);
    expect(world.submit(submission({ key: "c" }))).toMatchObject({ ok: false, code: "quotaExceeded" });
  });
});

describe("funding", () => {
  test("a refused escrow fails the job with the chain's reason, and the next job starts anew", () => {
    const world = worldOf(["a", "b"]);
    world.chain.refusals.set("createEscrowFor", "ERC20InsufficientBalance");
    const job = submission({ key: "poor" });
    world.submit(job);
    world.settle(4);
    expect(jobView(world.state, job.jobId)).toMatchObject({ state: "failed", reason: { code: "transactionFailed" } });
    expect(jobView(world.state, job.jobId)?.reason?.message).toContain("ERC20InsufficientBalance");
    world.chain.refusals.clear();
    const next = submission({ key: "rich" });
    world.submit(next);
    world.settle(8);
    expect(jobView(world.state, next.jobId)?.state).toBe("completed");
  });

  test("no lease is made before the money is confirmed", () => {
    const world = worldOf(["a", "b"]);
    world.submit(submission());
    world.drain();
    expect(world.factsOf("leaseOffered")).toEqual([]);
    expect(world.factsOf("jobFunded")).toEqual([]);
  });

  test("a job that the escrow cannot carry tops it up", () => {
    const world = worldOf(["a", "b"]);
    world.submit(submission({ key: "small", tasks: 1, budget: 450n }));
    world.settle(6);
    const large = submission({ key: "large", tasks: 10, budget: 4_000n });
    world.submit(large);
    expect(world.factsOf("jobAccepted").map(({ funding }) => funding)).toEqual(["create", "topUp"]);
    world.settle(20);
    expect(jobView(world.state, large.jobId)?.state).toBe("completed");
    expect(ledgerView(world.state).escrows).toHaveLength(1);
  });

  test("an order is used once", () => {
    const world = worldOf([]);
    const first = submission({ key: "a" });
    world.submit(first);
    const again = { ...submission({ key: "b" }), order: first.order, newEscrowId: first.newEscrowId };
    expect(world.feed({ type: "jobSubmitted", submission: again })).toMatchObject({ ok: false, code: "orderMismatch" });
  });
});

describe("allotments", () => {
  test("the smallest budget that is taken is enough, even when every worker gets a credit first", () => {
    const world = worldOf(["a", "b", "c", "d", "e"]);
    const job = submission({ tasks: 24, reduce: true, budget: (25n * 2n + 3n) * 100n, perTaskMax: 100n });
    expect(world.submit(job).ok).toBe(true);
    world.settle(60);
    expect(jobView(world.state, job.jobId)?.state).toBe("completed");
    expect(jobView(world.state, job.jobId)?.owed).toBe(5_000n);
  });

  test("nobody is leased more than its confirmed allotment covers", () => {
    const world = worldOf(["a", "b", "c"]);
    const feed = world.feed.bind(world);
    world.feed = (input) => {
      const outcome = feed(input);
      for (const escrow of world.state.ledger.escrows.values()) {
        for (const [worker, inFlight] of escrow.inFlight) {
          const promised = inFlight + (escrow.owed.get(worker) ?? 0n);
          expect(promised).toBeLessThanOrEqual(escrow.chain.allotments.get(worker)?.total ?? 0n);
        }
      }
      return outcome;
    };
    world.submit(submission({ tasks: 20, budget: 6_300n }));
    world.settle(30);
    expect(jobView(world.state, submission({ tasks: 20 }).jobId)?.state).toBe("completed");
  });

  test("a worker that gives its credit back is owed what it earned, and the rest of the job goes on", () => {
    const world = worldOf(["a", "b", "c"]);
    const job = submission({ tasks: 6 });
    world.submit(job);
    for (let i = 0; i < 3; i += 1) world.block();
    const [escrow] = [...world.state.ledger.escrows.values()];
    const worker = [...world.workers.values()][0] as TestWorker;
    world.chain.release(escrow?.escrowId ?? "0x", worker.address);
    world.settle(20);
    expect(jobView(world.state, job.jobId)?.state).toBe("completed");
    for (const { address: who, vouchered } of world.workers.values())
      expect(world.chain.paid.get(who) ?? 0n).toBe(vouchered);
  });
});

describe("refusals of the chain", () => {
  test("an anchor that is refused is tried again", () => {
    const world = worldOf(["a", "b"]);
    world.chain.refusals.set("commit", "node says no");
    const job = submission({ tasks: 2 });
    world.submit(job);
    world.settle(8);
    expect(jobView(world.state, job.jobId)).toMatchObject({ state: "completed", anchored: false });
    expect(ledgerView(world.state).escrows[0]?.refused?.message).toContain("node says no");
    world.chain.refusals.clear();
    world.settle(20);
    expect(jobView(world.state, job.jobId)?.anchored).toBe(true);
    expect(ledgerView(world.state).escrows[0]?.refused).toBeNull();
  });

  test("pay that is refused is tried again and paid once", () => {
    const world = worldOf(["a", "b"]);
    world.chain.refusals.set("payBatch", "out of gas");
    world.submit(submission({ tasks: 2 }));
    world.settle(8);
    expect(world.chain.paid.size).toBe(0);
    world.chain.refusals.clear();
    world.settle(20);
    expect([...world.chain.paid.values()].reduce((sum, amount) => sum + amount, 0n)).toBe(400n);
  });
});

describe("the end of an escrow", () => {
  test("it is not closed while jobs use it", () => {
    const world = worldOf([]);
    world.submit(submission());
    expect(world.feed({ type: "escrowCloseRequested", payer })).toMatchObject({ ok: false, code: "jobsRunning" });
    expect(world.feed({ type: "escrowCloseRequested", payer: address("nobody") })).toMatchObject({
      ok: false,
      code: "escrowNotFound",
    });
  });

  test("an idle escrow closes by itself, and no money stays behind", () => {
    const world = worldOf(["a", "b"], { escrowIdleMs: 20_000 });
    world.submit(submission({ tasks: 2 }));
    world.settle(60);
    const [escrow] = ledgerView(world.state).escrows;
    expect(escrow?.phase).toBe("closed");
    expect(escrow?.closing?.code).toBe("idle");
    expect(world.chain.refunded + 400n).toBe(world.chain.deposited);
  });

  test("an escrow whose deadline passed is closed without a last commit", () => {
    const world = worldOf([], { escrowIdleMs: 10_000_000 });
    const job = submission({ deadlineAt: startMs + 20_000 });
    world.submit({ ...job, order: { ...job.order, deadline: Math.floor(startMs / 1_000) + 30 } });
    world.settle(60);
    expect(jobView(world.state, job.jobId)?.reason?.code).toBe("deadlineExceeded");
    expect(ledgerView(world.state).escrows[0]?.phase).toBe("closed");
    expect(world.chain.refunded).toBe(world.chain.deposited);
  });

  test("a reorg that takes a payment back leaves books that balance", () => {
    const world = worldOf(["a", "b"]);
    world.submit(submission({ tasks: 1 }));
    world.settle(6);
    const paid = world
      .factsOf("chainConfirmed")
      .map(({ event }) => event)
      .filter(({ type }) => type === "paid");
    const last = world.factsOf("chainConfirmed").at(-1)?.event;
    expect(paid.length).toBeGreaterThan(0);
    expect(last).toBeDefined();
    for (const { event } of world.factsOf("chainConfirmed").toReversed()) {
      if (event.type !== "paid" && event.type !== "resultsCommitted") break;
      world.feed({ type: "tick" });
      world.apply({ type: "chainUndone", event });
      world.check("undo");
    }
  });
});

test("fines never exceed what the operator pledged to the escrow", () => {
  const world = worldOf(["a", "b"]);
  const job = submission({ tasks: 6, trust: "quorum" });
  const full = fineOf(trustTerms("quorum"), 100n);
  const least = checkedFineOf(trustTerms("quorum"), 100n);
  world.submit(job);
  for (let i = 0; i < 2; i += 1) world.block();
  const operator = address("operator-a");
  pledge(world, { escrowId: job.newEscrowId, operator, amount: full + least / 2n });
  world.settle(8);
  const leases = world.factsOf("leaseOffered").filter((lease) => lease.operator === operator);
  // The first is covered in full; the next gets what is left, and is checked instead.
  expect(leases[0]).toMatchObject({ fine: full });
  expect(leases[1]).toMatchObject({ fine: least / 2n, checked: true });
  const others = world.factsOf("leaseOffered").filter((lease) => lease.operator !== operator);
  expect(others.length).toBeGreaterThan(0);
  expect(others.every(({ fine, checked }) => fine === 0n && checked === true)).toBe(true);
});
