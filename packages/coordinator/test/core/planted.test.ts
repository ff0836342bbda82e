// Each planted bug breaks an invariant in a scenario where the right core breaks none: checkers that find nothing prove nothing.
import { describe, expect, test } from "vitest";
import { type PlantedBug, plantedBugs } from "../../src/core/index.ts";
import { address, config, payer, submission, undrawn } from "./world/fixtures.ts";
import type { TestWorker } from "./world/worker.ts";
import { World } from "./world/world.ts";

function joinAll(world: World, behaviours: readonly Parameters<World["join"]>[1][]): void {
  behaviours.forEach((behaviour, i) => {
    world.join(`w${i}`, behaviour);
  });
}

function leased(world: World): void {
  joinAll(world, ["silent", "silent", "silent"]);
  world.submit(submission({ tasks: 1 }));
  for (let i = 0; i < 3; i += 1) world.block();
}

const scenarios: Readonly<Record<PlantedBug, (world: World) => void>> = {
  acceptMajority(world) {
    joinAll(world, ["liar", "honest", "honest", "honest", "honest"]);
    world.submit(submission({ tasks: 4 }));
    world.settle(10);
  },
  doublePay(world) {
    joinAll(world, ["honest", "honest"]);
    world.submit(submission({ tasks: 1 }));
    world.settle(6);
  },
  forgetRevokeOnLost(world) {
    leased(world);
    for (const worker of world.workers.values()) worker.connected = false;
    world.tick(30_000);
  },
  acceptLateCommit(world) {
    leased(world);
    const [offer] = world.factsOf("leaseOffered");
    for (const { worker } of world.factsOf("leaseOffered"))
      (world.workers.get(worker) as TestWorker).behaviour = "honest";
    world.now = (offer?.commitBy ?? 0) + 1;
    for (const worker of world.workers.values()) world.feedAll(worker.run());
    world.drain();
  },
  skipCommitmentCheck(world) {
    joinAll(world, ["badReveal", "honest", "honest"]);
    world.submit(submission({ tasks: 4 }));
    world.settle(10);
  },
  sameOperatorTwice(world) {
    const operator = address("one-operator");
    for (const name of ["a", "b"]) world.join(name, "honest", { operator });
    world.submit(submission({ tasks: 2 }));
    world.settle(6);
  },
  payLoser(world) {
    joinAll(world, ["liar", "honest"]);
    world.join("referee", "honest", { operator: payer });
    world.submit(submission({ tasks: 1 }));
    world.settle(6);
  },
  loseJobOnRestart(world) {
    leased(world);
    world.restart("facts");
  },
  overBudget(world) {
    joinAll(world, ["liar", "honest", "honest", "honest", "honest", "honest"]);
    for (let i = 0; i < 6; i += 1) world.submit(submission({ key: `job-${i}`, tasks: 1, budget: 450n }));
    world.settle(30);
  },
  leakSlot(world) {
    joinAll(world, ["decline", "honest", "honest"]);
    world.submit(submission({ tasks: 4 }));
    world.settle(6);
  },
  ignoreDraw(world) {
    joinAll(world, ["honest", "honest", "honest"]);
    world.submit(submission({ tasks: 6, trust: { ...undrawn, auditPpm: 1_000_000 } }));
    world.settle(6);
  },
  forgetRetroCheck(world) {
    joinAll(world, ["honest", "honest", "honest", "honest"]);
    const turncoat = world.join("turncoat", "honest", { pricePerTask: 10n });
    const feed = world.feed.bind(world);
    world.feed = (input) => {
      const outcome = feed(input);
      const isBelieved = turncoat.verdicts.some(({ verdict }) => verdict === "accepted");
      if (isBelieved) turncoat.behaviour = "twofold";
      return outcome;
    };
    world.submit(submission({ tasks: 24 }));
    world.settle(6);
  },
  ignorePledge(world) {
    joinAll(world, ["honest", "honest"]);
    world.submit(submission({ tasks: 1 }));
    world.settle(6);
  },
  settleAtOnce(world) {
    joinAll(world, ["honest", "honest"]);
    world.submit(submission({ tasks: 2 }));
    world.settle(6);
  },
};

describe.each(plantedBugs)("%s", (bug) => {
  test("is found", () => {
    expect(() => scenarios[bug](new World(config({ plantedBugs: [bug] })))).toThrow(/^after /);
  });

  test("and the same scenario without it breaks nothing", () => {
    expect(() => scenarios[bug](new World())).not.toThrow();
  });
});
