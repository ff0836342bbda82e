// What a new attempt goes on from: never from what one stranger told, and nobody is blamed for what came of another's checkpoint.
import type { Checkpoint, LeaseId } from "@starling/protocol";
import { describe, expect, test } from "vitest";
import { awaitedUploads, taskView } from "../../src/core/index.ts";
import { hash, step, submission } from "./world/fixtures.ts";
import type { TestWorker } from "./world/worker.ts";
import { World } from "./world/world.ts";

const TERMS = { bytes: 1_000, everyMs: 1_000, graceMs: 2_000 };

function at(number: number, whose = "right"): Checkpoint {
  return { step: number, cid: `cid:${hash(`${whose} ${number}`).slice(2)}`, size: 10 };
}

/** One task with two replicas that run, and whoever else is there. */
function running(more: readonly string[] = []): { readonly world: World; readonly holders: readonly TestWorker[] } {
  const world = new World();
  for (const name of ["a", "b"]) world.join(name, "silent", { slots: 1 });
  const limits = { ...step().limits, checkpoint: TERMS };
  const job = submission({ tasks: 1, step: { limits } });
  world.submit(job);
  for (let i = 0; i < 3; i += 1) world.block();
  const holders = world.factsOf("leaseOffered").map(({ worker }) => world.workers.get(worker) as TestWorker);
  expect(holders).toHaveLength(2);
  for (const name of more) world.join(name, "silent", { slots: 1 });
  for (let i = 0; i < 3; i += 1) world.block();
  return { world, holders };
}

const leaseIdOf = (worker: TestWorker): LeaseId => [...worker.held.keys()][0] ?? "0x";

function tell(world: World, worker: TestWorker, checkpoints: readonly Checkpoint[]): void {
  const leases = [{ leaseId: leaseIdOf(worker), done: 1, total: 2, checkpoints }];
  const { address, session } = worker;
  world.feed({ type: "workerBeat", worker: address, session, message: { type: "beat", leases } });
}

function giveBack(world: World, worker: TestWorker, checkpoints: readonly Checkpoint[] = []): void {
  const leaseId = leaseIdOf(worker);
  const attempt = worker.held.get(leaseId)?.item.attempt ?? 0;
  const item = {
    leaseId,
    attempt,
    kind: "infrastructure",
    reason: "reclaimed",
    message: "",
    log: "",
    checkpoints,
  } as const;
  worker.held.delete(leaseId);
  const { address, session } = worker;
  world.feed({ type: "failuresReceived", worker: address, session, message: { type: "failures", items: [item] } });
  for (let i = 0; i < 2; i += 1) world.block();
}

const lastOffer = (world: World) => world.factsOf("leaseOffered").at(-1);

describe("another worker", () => {
  test("begins at the beginning where one operator alone has told a checkpoint", () => {
    const { world, holders } = running(["c"]);
    const [first] = holders as [TestWorker];
    giveBack(world, first, [at(10)]);
    expect(lastOffer(world)?.worker).not.toBe(first.address);
    expect(lastOffer(world)?.resume).toBeUndefined();
  });

  test("goes on from the newest that two operators have told alike, with nothing at stake", () => {
    const { world, holders } = running(["c"]);
    const [first, second] = holders as [TestWorker, TestWorker];
    // What only its content id is known of can't be given to anybody.
    tell(world, second, [at(5), at(10)]);
    tell(world, second, [at(15), at(17)]);
    giveBack(world, first, [at(10), at(15), at(20)]);
    const offer = lastOffer(world);
    expect(offer).toMatchObject({ fine: 0n, resume: { ...at(10), isForeign: true } });
    const taker = world.workers.get(offer?.worker ?? "0x");
    expect(taker?.held.get(offer?.leaseId ?? "0x")?.item.resume).toEqual(at(10));
    const view = taskView(world.state, offer?.taskId ?? "");
    expect(view?.leases.at(-1)?.resumed?.step).toBe(10);
  });

  test("begins at the beginning where they differ: one of them lies", () => {
    const { world, holders } = running(["c"]);
    const [first, second] = holders as [TestWorker, TestWorker];
    tell(world, second, [at(10)]);
    giveBack(world, first, [at(10, "poisoned")]);
    expect(lastOffer(world)?.resume).toBeUndefined();
  });

  test("begins at the beginning where nobody else has computed all of the task", () => {
    const { world, holders } = running(["c", "d"]);
    const [first, second] = holders as [TestWorker, TestWorker];
    tell(world, second, [at(10)]);
    giveBack(world, first, [at(10)]);
    expect(lastOffer(world)?.resume?.isForeign).toBe(true);
    giveBack(world, second, [at(20)]);
    expect(world.factsOf("leaseOffered")).toHaveLength(4);
    expect(lastOffer(world)?.resume).toBeUndefined();
  });

  test("that answers wrongly from it is neither blamed nor fined, and not paid", () => {
    const { world, holders } = running(["c", "d", "e", "f"]);
    const [first, second] = holders as [TestWorker, TestWorker];
    tell(world, second, [at(10)]);
    giveBack(world, first, [at(10)]);
    const offer = lastOffer(world);
    const taker = world.workers.get(offer?.worker ?? "0x") as TestWorker;
    taker.liesAbout = () => true;
    for (const worker of world.workers.values()) worker.behaviour = "honest";
    for (let i = 0; i < 12; i += 1) {
      for (const worker of world.workers.values()) world.feedAll(worker.run());
      world.block();
    }
    const view = taskView(world.state, offer?.taskId ?? "");
    expect(view?.leases.find(({ leaseId }) => leaseId === offer?.leaseId)?.verdict).toBe("rejected");
    expect(world.factsOf("operatorCaught")).toEqual([]);
    expect(world.factsOf("fineDue")).toEqual([]);
    expect(world.factsOf("payOwed").filter(({ worker }) => worker === taker.address)).toEqual([]);
  });
});

describe("a worker's own checkpoint", () => {
  test("is what it goes on from when the task comes back to it, with its fine", () => {
    const { world, holders } = running();
    const [first] = holders as [TestWorker];
    giveBack(world, first, [at(10), at(20)]);
    const again = () => world.factsOf("leaseOffered").filter(({ worker }) => worker === first.address)[1];
    for (let i = 0; i < 60 && again() === undefined; i += 1) {
      world.pass(1_000);
      world.feed(first.ask());
    }
    expect(again()).toMatchObject({ resume: { ...at(20), isForeign: false } });
    expect(again()?.fine).toBe(world.factsOf("leaseOffered")[0]?.fine);
  });
});

describe("what is told", () => {
  test("must be new, of the job's size, and not more often than the job wants", () => {
    const { world, holders } = running();
    const [first] = holders as [TestWorker];
    tell(world, first, [at(10)]);
    tell(world, first, [at(10, "other"), at(9)]);
    tell(world, first, [{ ...at(11), size: 10_000_000 }]);
    expect(world.factsOf("checkpointsTold")).toHaveLength(1);
    for (let i = 0; i < 50; i += 1) tell(world, first, [at(20 + i)]);
    expect(world.factsOf("checkpointsTold").length).toBeLessThan(20);
    expect(world.state.ledger.leases.get(leaseIdOf(first))?.checkpoints).toHaveLength(14);
  });

  test("may be pushed while the lease runs, and is forgotten with the task's result", () => {
    const { world, holders } = running();
    const [first] = holders as [TestWorker];
    const room = awaitedUploads(world.state, first.address).get(leaseIdOf(first)) ?? 0;
    expect(room).toBeGreaterThan(2_000);
    tell(world, first, [at(10)]);
    expect(awaitedUploads(world.state, first.address).get(leaseIdOf(first))).toBe(room + 10);
    for (const worker of world.workers.values()) worker.behaviour = "honest";
    for (const worker of world.workers.values()) world.feedAll(worker.run());
    world.block();
    expect(world.factsOf("taskAccepted")).toHaveLength(1);
    expect([...world.state.ledger.leases.values()].filter(({ checkpoints }) => checkpoints !== undefined)).toEqual([]);
  });
});
