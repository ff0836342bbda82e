// A worker that dies between commitment and reveal delays its task by moments, not by the time that an upload may take.
import { describe, expect, test } from "vitest";
import { defaultPolicy, jobView } from "../../src/core/index.ts";
import { config, step, submission } from "./world/fixtures.ts";
import type { TestWorker } from "./world/worker.ts";
import { World } from "./world/world.ts";

const { goneGraceMs } = defaultPolicy;
const large = { limits: { ...step().limits, outputBytes: 64 * 1_048_576 } };

function committed(): { readonly world: World; readonly dead: TestWorker } {
  const world = new World(config());
  const dead = world.join("a", "noReveal");
  for (const name of ["b", "c"]) world.join(name);
  const job = submission({ tasks: 1, step: large });
  world.submit(job);
  for (let i = 0; i < 4; i += 1) world.block();
  const waiting = [...world.state.ledger.leases.values()].filter(({ state }) => state === "committed");
  expect(waiting.map(({ worker }) => worker)).toEqual([dead.address]);
  return { world, dead };
}

describe("a worker that has committed and is gone", () => {
  test("is replaced when it does not come back soon", () => {
    const { world, dead } = committed();
    world.feed(dead.disconnect());
    world.pass(goneGraceMs + 1);
    expect(world.factsOf("leaseRevoked")).toEqual([]);
    world.pass(goneGraceMs);
    expect(world.factsOf("leaseRevoked").map(({ reason }) => reason.code)).toEqual(["workerLost"]);
    world.settle(10);
    const [job] = [...world.state.ledger.jobs.keys()];
    expect(jobView(world.state, job ?? "0x")).toMatchObject({ state: "completed" });
  });

  test("may still reveal when it is back in time", () => {
    const { world, dead } = committed();
    world.feed(dead.disconnect());
    world.pass(goneGraceMs + 1);
    dead.behaviour = "honest";
    world.feedAll(dead.connect());
    world.pass(goneGraceMs);
    expect(world.factsOf("leaseRevoked")).toEqual([]);
    expect(world.factsOf("taskAccepted")).toHaveLength(1);
  });

  test("is replaced after a restart of the coordinator too", () => {
    const { world, dead } = committed();
    world.restart();
    for (const worker of world.workers.values()) if (worker !== dead) world.feedAll(worker.connect());
    world.pass(defaultPolicy.restartGraceMs + 1_000);
    expect(world.factsOf("leaseRevoked").map(({ reason }) => reason.code)).toEqual(["workerLost"]);
  });
});
