// The coordinator dies between any two turns: what it acknowledged is there, nothing is done twice, and the job finishes.
import { describe, expect, test } from "vitest";
import { type CoordinatorFact, coordinatorDecider, jobView, ledgerView } from "../../src/core/index.ts";
import { config, submission } from "./world/fixtures.ts";
import { World } from "./world/world.ts";

function worldOf(): World {
  const world = new World();
  for (const name of ["a", "b", "c"]) world.join(name);
  return world;
}

/** Counts the turns of an undisturbed run. */
function turnsOf(run: (world: World) => void): number {
  const world = worldOf();
  let turns = 0;
  const feed = world.feed.bind(world);
  world.feed = (input) => {
    turns += 1;
    return feed(input);
  };
  run(world);
  return turns;
}

const job = submission({ tasks: 3, reduce: true });

function run(world: World): void {
  world.submit(job);
  world.settle(6);
}

describe.each(["facts", "snapshot"] as const)("restarted from its %s", (from) => {
  test("after every turn of a job in turn, the job completes and everybody is paid exactly once", () => {
    const turns = turnsOf(run);
    for (let victim = 3; victim < turns; victim += 7) {
      const world = worldOf();
      let turn = 0;
      const feed = world.feed.bind(world);
      world.feed = (input) => {
        turn += 1;
        const outcome = feed(input);
        if (turn === victim) {
          world.restart(from);
          world.reconnect();
        }
        return outcome;
      };
      run(world);
      world.submit(job);
      world.settle(30);
      expect(jobView(world.state, job.jobId)?.state, `killed after turn ${victim}`).toBe("completed");
      const paid = [...world.chain.paid.values()].reduce((sum, amount) => sum + amount, 0n);
      expect(paid, `killed after turn ${victim}`).toBe(800n);
      expect(ledgerView(world.state).differences).toEqual([]);
    }
  });
});

test("a ledger that is replayed equals the one that lived", () => {
  const world = worldOf();
  run(world);
  const replayed = coordinatorDecider.initial(world.config);
  for (const fact of world.facts) coordinatorDecider.evolve(replayed, fact);
  expect(coordinatorDecider.snapshot(replayed)).toEqual(coordinatorDecider.snapshot(world.state));
  expect(coordinatorDecider.violations(replayed)).toEqual([]);
});

test("a snapshot restores the same ledger", () => {
  const world = worldOf();
  world.submit(job);
  world.block();
  const restored = coordinatorDecider.restore(config(), structuredClone(coordinatorDecider.snapshot(world.state)));
  expect(coordinatorDecider.snapshot(restored)).toEqual(coordinatorDecider.snapshot(world.state));
});

test("resuming twice asks for the same again and changes nothing durable", () => {
  const world = worldOf();
  world.submit(job);
  world.block();
  const before = structuredClone(coordinatorDecider.snapshot(world.state));
  const asked: unknown[][] = [[], []];
  for (const effects of asked) {
    coordinatorDecider.resume(world.state, {
      now: world.now,
      random: () => {
        throw new Error("resuming draws nothing");
      },
      record: (fact: CoordinatorFact) => {
        throw new Error(`resuming recorded ${fact.type}`);
      },
      request: (effect) => effects.push(effect),
    });
  }
  expect(coordinatorDecider.snapshot(world.state)).toEqual(before);
});

test("workers that do not come back lose their leases after the grace, and others get them", () => {
  const world = worldOf();
  for (const worker of world.workers.values()) worker.behaviour = "silent";
  world.submit(job);
  for (let i = 0; i < 3; i += 1) world.block();
  const [first] = world.factsOf("leaseOffered");
  world.restart();
  for (const worker of world.workers.values()) {
    worker.behaviour = "honest";
    if (worker.address !== first?.worker) world.feedAll(worker.connect());
  }
  world.settle(60);
  expect(world.factsOf("leaseRevoked").some(({ leaseId }) => leaseId === first?.leaseId)).toBe(true);
  expect(jobView(world.state, job.jobId)?.state).toBe("completed");
});

test("every start raises the epoch, and later leases carry it", () => {
  const world = worldOf();
  run(world);
  world.restart();
  world.reconnect();
  world.submit(submission({ key: "later", tasks: 1, withPermit: false, budget: 1_000n }));
  world.settle(4);
  expect(world.factsOf("epochStarted").map(({ epoch }) => epoch)).toEqual([1, 2]);
  expect(world.factsOf("leaseOffered").at(-1)?.epoch).toBe(2);
});
