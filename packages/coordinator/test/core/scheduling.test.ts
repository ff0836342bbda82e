// Who gets what: eligibility, ranking, the queue by operators used, offers, priorities, subnets, budgets that run dry.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { jobView, nodeView } from "../../src/core/index.ts";
import { refereeLane, StepQueue } from "../../src/core/indexes/step-queue.ts";
import { Timers } from "../../src/core/indexes/timers.ts";
import { IdlePool } from "../../src/core/scheduling/idle-pool.ts";
import { nearBest } from "../../src/core/scheduling/ranking.ts";
import { address, config, submission } from "./world/fixtures.ts";
import { World } from "./world/world.ts";

describe("the queue of a step", () => {
  test("begun tasks come before untouched ones, returned ones before those that never left", () => {
    const queue = new StepQueue();
    for (const index of [0, 1, 2]) queue.put(index, "", false);
    queue.put(3, "a", false);
    queue.put(4, "", true);
    queue.put(5, refereeLane, false);
    expect(queue.lanes()).toEqual(["a", ""]);
    expect(queue.find("", 64, () => true)).toBe(4);
    expect(queue.find("", 64, (index) => index === 2)).toBe(2);
    expect(queue.find(refereeLane, 1, () => true)).toBe(5);
    queue.put(4, "b", true);
    expect(queue.find("", 64, () => true)).toBe(0);
    expect(queue.size).toBe(6);
  });

  test("holds exactly what was put and not taken out, through any changes", () => {
    const change = fc.tuple(fc.nat({ max: 20 }), fc.constantFrom("", "a", "b", "out"), fc.boolean());
    fc.assert(
      fc.property(fc.array(change, { maxLength: 400 }), (changes) => {
        const queue = new StepQueue();
        const model = new Map<number, string>();
        for (const [index, lane, first] of changes) {
          if (lane === "out") {
            queue.remove(index);
            model.delete(index);
          } else {
            queue.put(index, lane, first);
            model.set(index, lane);
          }
          const found = new Map<number, string>();
          for (const name of queue.lanes())
            queue.find(name, Number.MAX_SAFE_INTEGER, (at) => found.set(at, name) === null);
          expect([...found].sort()).toEqual([...model].sort());
          expect(queue.size).toBe(model.size);
          const begun = [...model].flatMap(([index, name]) => (name === "" ? [] : [index])).sort();
          expect(Array.from({ length: queue.begun }, (_, i) => queue.begunAt(i)).sort()).toEqual(begun);
          expect([...queue.oldestBegun(100)].sort()).toEqual(begun);
        }
      }),
    );
  });
});

test("timers go off in order, and those of one moment in the order in which they were set", () => {
  const timers = new Timers();
  for (const [at, id] of [
    [30, "c"],
    [10, "a"],
    [10, "b"],
  ] as const)
    timers.push({ at, kind: "job", id });
  expect(timers.next()).toBe(10);
  expect([timers.popDue(20)?.id, timers.popDue(20)?.id, timers.popDue(20)]).toEqual(["a", "b", null]);
});

test("the idle pool holds whoever was added and not removed", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat({ max: 9 }), fc.boolean())), (changes) => {
      const pool = new IdlePool();
      const model = new Set<string>();
      for (const [number, isIn] of changes) {
        const worker = address(String(number));
        if (isIn) {
          pool.add(worker, worker);
          model.add(worker);
        } else {
          pool.remove(worker);
          model.delete(worker);
        }
        expect([...pool.list()].sort()).toEqual([...model].sort());
      }
    }),
  );
});

test("near-best is within five percent, and of these the least loaded", () => {
  const candidate = (name: string, cost: bigint, load: number) => ({
    worker: address(name),
    operator: address(name),
    cost,
    load,
  });
  const all = [candidate("a", 100n, 2), candidate("b", 104n, 0), candidate("c", 106n, 0), candidate("d", 105n, 0)];
  expect(nearBest(all, 5)).toEqual([all[1], all[3]]);
  expect(nearBest([], 5)).toEqual([]);
});

describe("placement", () => {
  test("cheaper workers come first", () => {
    const world = new World();
    const cheap = ["a", "b"].map((name) => world.join(name, "honest", { pricePerTask: 50n }));
    world.join("dear", "honest", { pricePerTask: 150n });
    const job = submission({ tasks: 2 });
    world.submit(job);
    world.settle(6);
    const workers = new Set(world.factsOf("leaseOffered").map(({ worker }) => worker));
    expect(workers).toEqual(new Set(cheap.map((worker) => worker.address)));
    expect(jobView(world.state, job.jobId)?.owed).toBe(200n);
  });

  test("replicas of a strong job stand in distinct subnets where there are any", () => {
    const world = new World();
    for (let i = 0; i < 6; i += 1) {
      const worker = world.join(`w${i}`);
      const known = world.state.ledger.workers.get(worker.address);
      if (known !== undefined) known.remoteAddress = `10.0.${i % 3}.${i}`;
    }
    world.submit(submission({ tasks: 4, trust: "strong" }));
    world.settle(6);
    const subnets = new Map<string, Set<string>>();
    for (const { taskId, worker } of world.factsOf("leaseOffered")) {
      const subnet = world.state.ledger.workers.get(worker)?.remoteAddress.split(".")[2] ?? "";
      subnets.set(taskId, (subnets.get(taskId) ?? new Set()).add(subnet));
    }
    expect([...subnets.values()].map(({ size }) => size)).toEqual([3, 3, 3, 3]);
  });

  test("urgent jobs come first, spare ones last", () => {
    const world = new World();
    world.submit({ ...submission({ key: "spare", tasks: 2 }), priority: "spare" });
    world.submit({ ...submission({ key: "normal", tasks: 2 }) });
    world.submit({ ...submission({ key: "urgent", tasks: 2 }), priority: "urgent" });
    for (let i = 0; i < 5; i += 1) world.block();
    for (const name of ["a", "b"]) world.join(name, "honest", { slots: 1 });
    world.settle(12);
    const order = [...new Set(world.factsOf("leaseOffered").map(({ taskId }) => taskId.slice(0, 66)))];
    const names = order.map((jobId) => jobView(world.state, jobId as `0x${string}`)?.name);
    expect(names).toEqual(["urgent", "normal", "spare"]);
  });

  test("a worker that drains takes nothing more, and works again after a restart with a new record", () => {
    const world = new World();
    for (const name of ["a", "b", "c"]) world.join(name);
    const drained = [...world.workers.values()][0];
    world.feed({ type: "workerDrained", worker: drained?.address ?? "0x" });
    world.submit(submission({ key: "one", tasks: 4 }));
    world.settle(6);
    expect(world.factsOf("leaseOffered").some(({ worker }) => worker === drained?.address)).toBe(false);
    expect(nodeView(world.state, drained?.address ?? "0x")?.draining).toBe(true);
    world.join("a", "honest", { seq: 2 });
    expect(nodeView(world.state, drained?.address ?? "0x")?.draining).toBe(false);
  });

  test("replicas that wait are offered, at most once in two seconds", () => {
    const world = new World();
    world.submit(submission({ tasks: 3 }));
    for (let i = 0; i < 3; i += 1) world.block();
    world.tick(6_500);
    const offers = world.effects.filter(({ type }) => type === "publishOffer");
    expect(offers).toHaveLength(4);
    // Rounded up, so that nobody can count which tasks came back.
    expect(offers[0]).toMatchObject({ offer: { open: 8, priceCap: 150n, sequence: 1 } });
    const times = world.factsOf("offerPublished").map(({ at }) => at);
    for (const [i, at] of times.entries()) if (i > 0) expect(at - (times[i - 1] ?? 0)).toBeGreaterThanOrEqual(2_000);
  });

  test("a million tasks exist a window at a time", () => {
    const world = new World();
    const job = submission({ tasks: 1_000_000, budget: 10n ** 10n });
    world.submit(job);
    for (let i = 0; i < 3; i += 1) world.block();
    expect(world.state.ledger.tasks.size).toBeLessThanOrEqual(1_000);
    expect(jobView(world.state, job.jobId)?.tasksTotal).toBe(1_000_000);
  });
});

describe("bounds", () => {
  test("a job that can pay for nothing more, with nothing out, fails and says so", () => {
    const world = new World();
    for (const name of ["a", "b", "c"]) world.join(name, "honest", { pricePerTask: 150n });
    const job = submission({ tasks: 1, budget: 450n });
    world.submit(job);
    for (let i = 0; i < 2; i += 1) world.block();
    const known = world.state.ledger.jobs.get(job.jobId);
    // As if answers that were paid for had not been enough.
    if (known !== undefined)
      Object.assign(known, { submission: { ...known.submission, order: { ...known.submission.order, budget: 100n } } });
    world.settle(3);
    expect(jobView(world.state, job.jobId)).toMatchObject({ state: "failed", reason: { code: "budgetExhausted" } });
  });

  test("closed escrows are forgotten with their jobs, and the books still balance", () => {
    const world = new World(config({ policy: { escrowIdleMs: 5_000, retentionMs: 20_000 } }));
    for (const name of ["a", "b"]) world.join(name);
    const job = submission({ tasks: 3 });
    world.submit(job);
    world.settle(60);
    expect(jobView(world.state, job.jobId)).toBeNull();
    const { jobs, tasks, leases, escrows, books } = world.state.ledger;
    expect([jobs.size, tasks.size, leases.size, escrows.size, books.balances.size]).toEqual([0, 0, 0, 0, 0]);
  });

  test("workers beyond the limit are refused, and so are foreign, old and expired records", () => {
    const world = new World(config({ policy: { workersMax: 1 } }));
    world.join("a", "honest", { seq: 5 });
    const refusals = (): string[] =>
      world.effects.flatMap((effect) => (effect.type === "refuseWorker" ? [effect.code] : []));
    world.join("b");
    world.join("a", "honest", { seq: 4 });
    world.join("a", "honest", { seq: 6, networkId: "other" });
    world.join("a", "honest", { seq: 6, expiresAt: world.now });
    expect(refusals()).toEqual(["resourceExhausted", "staleRecord", "wrongNetwork", "recordExpired"]);
  });
});
