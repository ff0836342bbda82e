// Workers that are lost, silent, broken or unwilling, and messages that come late or twice.
import { describe, expect, test } from "vitest";
import { type CoordinatorInput, jobView, nodeView, taskView } from "../../src/core/index.ts";
import { config, submission } from "./world/fixtures.ts";
import type { TestWorker } from "./world/worker.ts";
import { World } from "./world/world.ts";

/** A world whose job has its leases out and nobody has answered. */
function leased(names: readonly string[] = ["a", "b", "c"]): { world: World; workers: readonly TestWorker[] } {
  const world = new World();
  const workers = names.map((name) => world.join(name, "silent"));
  world.submit(submission({ tasks: 1 }));
  for (let i = 0; i < 3; i += 1) world.block();
  return { world, workers };
}

describe("lost workers", () => {
  test("three missed heartbeats take the lease back, and another worker gets it", () => {
    const { world } = leased();
    const [first] = world.factsOf("leaseOffered");
    const lost = world.workers.get(first?.worker ?? "0x") as TestWorker;
    lost.connected = false;
    world.pass(16_000);
    expect(world.factsOf("leaseRevoked").map(({ leaseId, reason }) => [leaseId, reason.code])).toEqual([
      [first?.leaseId, "workerLost"],
    ]);
    expect(nodeView(world.state, lost.address)?.state).toBe("left");
    expect(world.factsOf("leaseOffered").map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
  });

  test("a broken stream gets a moment; a worker that comes back with its lease keeps it", () => {
    const { world } = leased();
    const [first] = world.factsOf("leaseOffered");
    const worker = world.workers.get(first?.worker ?? "0x") as TestWorker;
    world.feed(worker.disconnect());
    world.pass(3_000);
    world.feedAll(worker.connect());
    world.pass(4_000);
    expect(world.factsOf("leaseRevoked")).toEqual([]);
  });

  test("a worker that comes back without its lease loses it at once", () => {
    const { world } = leased();
    const [first] = world.factsOf("leaseOffered");
    const worker = world.workers.get(first?.worker ?? "0x") as TestWorker;
    worker.held.clear();
    world.feedAll(worker.connect());
    expect(world.factsOf("leaseRevoked").map(({ reason }) => reason.code)).toEqual(["notHeld"]);
  });

  test("a worker that holds what is not its lease is told to drop it", () => {
    const { world } = leased();
    const worker = world.join("stranger", "silent");
    const before = world.effects.length;
    const hello = worker.connect()[0] as Extract<CoordinatorInput, { type: "workerHello" }>;
    world.feed({ ...hello, holding: [{ leaseId: "0x99", attempt: 1 }] });
    expect(world.effects.slice(before)).toContainEqual({
      type: "sendRevokes",
      worker: worker.address,
      leases: [{ leaseId: "0x99", reason: "notHeld" }],
    });
  });
});

describe("late and repeated messages", () => {
  test("a commitment after the deadline is not taken, even before the timer has gone off", () => {
    const { world } = leased();
    const [offer] = world.factsOf("leaseOffered");
    const worker = world.workers.get(offer?.worker ?? "0x") as TestWorker;
    worker.behaviour = "honest";
    const [commits] = worker.run();
    world.now = (offer?.commitBy ?? 0) + 1;
    world.feed(commits as CoordinatorInput);
    expect(world.factsOf("leaseCommitted")).toEqual([]);
    expect(world.factsOf("leaseExpired").map(({ leaseId }) => leaseId)).toContain(offer?.leaseId);
  });

  test("every message twice changes nothing", () => {
    const once = new World();
    const twice = new World();
    const feed = twice.feed.bind(twice);
    let depth = 0;
    twice.feed = (input) => {
      const outcome = feed(input);
      if (depth === 0 && input.type !== "workerHello") {
        depth += 1;
        feed(input);
        depth -= 1;
      }
      return outcome;
    };
    for (const world of [once, twice]) {
      for (const name of ["a", "b", "c"]) world.join(name);
      world.submit(submission({ tasks: 5, reduce: true }));
      world.settle(8);
    }
    const jobId = submission({ tasks: 5, reduce: true }).jobId;
    expect(jobView(twice.state, jobId)?.state).toBe("completed");
    expect(jobView(twice.state, jobId)?.owed).toBe(jobView(once.state, jobId)?.owed);
    expect(twice.factsOf("payOwed")).toHaveLength(once.factsOf("payOwed").length);
  });

  test("a commitment of a revoked lease is answered with its revocation", () => {
    const { world } = leased();
    const [offer] = world.factsOf("leaseOffered");
    const worker = world.workers.get(offer?.worker ?? "0x") as TestWorker;
    worker.behaviour = "honest";
    const [commits] = worker.run();
    worker.behaviour = "silent";
    world.feed(worker.disconnect());
    world.pass(6_000);
    expect(world.factsOf("leaseRevoked")).toHaveLength(1);
    world.feed(commits as CoordinatorInput);
    expect(world.factsOf("leaseCommitted")).toEqual([]);
  });

  test("a second commitment to another answer is not taken", () => {
    const { world } = leased();
    const [offer] = world.factsOf("leaseOffered");
    const worker = world.workers.get(offer?.worker ?? "0x") as TestWorker;
    worker.behaviour = "honest";
    const [commits] = worker.run();
    const first = commits as Extract<CoordinatorInput, { type: "commitsReceived" }>;
    world.feed(first);
    const items = first.message.items.map((item) => ({ ...item, commitment: `0x${"ab".repeat(32)}` as const }));
    world.feed({ ...first, message: { ...first.message, items } });
    expect(world.factsOf("leaseCommitted")).toHaveLength(1);
  });

  test("frames of a stream that was replaced give no slots", () => {
    const { world, workers } = leased();
    const worker = workers[0] as TestWorker;
    const old = worker.ask();
    world.feedAll(worker.connect());
    expect(world.feed(old)).toMatchObject({ ok: false, code: "staleSession" });
  });
});

describe("failures", () => {
  test("the same application failure on three operators is poison, with its log", () => {
    const world = new World();
    for (const name of ["a", "b", "c", "d"]) world.join(name, "failing");
    const job = submission({ tasks: 1 });
    world.submit(job);
    world.settle(20);
    expect(jobView(world.state, job.jobId)).toMatchObject({ state: "failed", reason: { code: "poison" } });
    const task = taskView(world.state, `${job.jobId}/map/0`);
    expect(task?.state).toBe("poison");
    expect(task?.leases.filter(({ fault }) => fault === "application").every(({ log }) => log === "boom")).toBe(true);
  });

  test("a broken machine does not stop the job, and is left alone for a while", () => {
    const world = new World();
    const broken = world.join("broken", "broken");
    for (const name of ["a", "b", "c"]) world.join(name);
    const job = submission({ tasks: 12 });
    world.submit(job);
    world.settle(20);
    expect(jobView(world.state, job.jobId)?.state).toBe("completed");
    expect(world.factsOf("workerSuspended").every(({ worker }) => worker === broken.address)).toBe(true);
  });

  test("attempts are capped, and the job says what went wrong last", () => {
    const world = new World(config({ policy: { suspendAfter: 1_000 } }));
    world.join("a", "broken");
    world.join("b", "broken");
    const job = submission({ tasks: 1 });
    world.submit(job);
    world.settle(60);
    const view = jobView(world.state, job.jobId);
    expect(view).toMatchObject({ state: "failed", reason: { code: "attemptsExhausted" } });
    expect(view?.reason?.message).toContain("exit code 3");
  });

  test("a program fails as often as the payer allows, and machines more often", () => {
    const world = new World();
    world.join("broken", "broken");
    for (const name of ["a", "b"]) world.join(name, "failing");
    const job = { ...submission({ tasks: 1 }), retryMax: 1 };
    world.submit(job);
    world.settle(20);
    expect(jobView(world.state, job.jobId)).toMatchObject({ state: "failed", reason: { code: "attemptsExhausted" } });
    expect(world.factsOf("leaseFailed").filter(({ kind }) => kind === "application")).toHaveLength(2);
  });

  test("a worker that declines is passed over", () => {
    const world = new World();
    const unwilling = world.join("unwilling", "decline");
    world.join("a");
    world.join("b");
    const job = submission({ tasks: 6 });
    world.submit(job);
    world.settle(10);
    expect(jobView(world.state, job.jobId)?.state).toBe("completed");
    const offers = world.factsOf("leaseOffered").filter(({ worker }) => worker === unwilling.address);
    expect(offers.length).toBeLessThanOrEqual(2);
  });
});

describe("a machine that its owner takes back", () => {
  function givenBack(kind: "application" | "infrastructure") {
    const { world } = leased();
    const [first] = world.factsOf("leaseOffered");
    const worker = world.workers.get(first?.worker ?? "0x") as TestWorker;
    const leaseId = first?.leaseId ?? "0x";
    const item = { leaseId, attempt: first?.attempt ?? 0, kind, reason: "reclaimed", message: "", log: "" } as const;
    const { address, session } = worker;
    const message = { type: "failures", items: [item] } as const;
    world.feed({ type: "failuresReceived", worker: address, session, message });
    return { world, worker, task: [...world.state.ledger.tasks.values()][0] };
  }

  test("has its lease done elsewhere at once, and nobody is to blame", () => {
    const { world, worker, task } = givenBack("infrastructure");
    expect(world.factsOf("leaseOffered").map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect(task?.failures).toBe(0);
    expect(world.state.ledger.workers.get(worker.address)?.faults).toBe(0);
  });

  test("gets nothing of that step soon, even if it asks for more", () => {
    const { world, worker } = givenBack("infrastructure");
    world.feed(worker.ask());
    world.submit(submission({ tasks: 8 }));
    for (let i = 0; i < 3; i += 1) world.block();
    const offers = world.factsOf("leaseOffered").filter((fact) => fact.worker === worker.address);
    expect(new Set(offers.map(({ taskId }) => taskId)).size).toBe(offers.length);
  });

  test("is not what a program's own failure can be called", () => {
    expect(givenBack("application").task?.failures).toBe(1);
  });
});

describe("the end of a job", () => {
  test("cancelling revokes what runs and keeps what was accepted owed", () => {
    const world = new World();
    world.join("a");
    const slow = world.join("b");
    const job = submission({ tasks: 4 });
    world.submit(job);
    slow.behaviour = "silent";
    for (let i = 0; i < 3; i += 1) world.block();
    expect(world.feed({ type: "jobCancelled", jobId: job.jobId, payer: job.payer }).ok).toBe(true);
    expect(jobView(world.state, job.jobId)).toMatchObject({ state: "cancelled", inFlight: 0n });
    expect(world.feed({ type: "jobCancelled", jobId: job.jobId, payer: job.payer }).ok).toBe(true);
    expect(world.feed({ type: "jobCancelled", jobId: job.jobId, payer: "0x01" })).toMatchObject({
      ok: false,
      code: "jobNotFound",
    });
  });

  test("a job whose deadline passes fails and says how far it came", () => {
    const world = new World();
    world.join("a", "silent");
    world.join("b");
    const job = submission({ tasks: 2, deadlineAt: world.now + 30_000 });
    world.submit(job);
    world.settle(40);
    expect(jobView(world.state, job.jobId)).toMatchObject({ state: "failed", reason: { code: "deadlineExceeded" } });
  });
});
