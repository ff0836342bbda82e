// Which answers a worker may show: those of closed sets that it owes, and nobody else's.
import { expect, test } from "vitest";
import { awaitedUploads, isRevealAwaited } from "../../src/core/index.ts";
import { config, step, submission } from "./world/fixtures.ts";
import { World } from "./world/world.ts";

test("an answer is awaited from the closed set to the reveal", () => {
  const world = new World(config());
  const late = world.join("a", "noReveal");
  const other = world.join("b", "silent");
  const job = submission({ tasks: 1, step: { limits: { ...step().limits, outputBytes: 5_000 } } });
  world.submit(job);
  for (let i = 0; i < 4; i += 1) world.block();
  const mine = () => [...world.state.ledger.leases.values()].find(({ worker }) => worker === late.address);
  // Committed, but the set is open: the other one still works.
  expect(mine()?.state).toBe("committed");
  expect(awaitedUploads(world.state, late.address).size).toBe(0);
  other.behaviour = "honest";
  world.drain();
  const leaseId = mine()?.leaseId ?? "0x";
  expect([...awaitedUploads(world.state, late.address)]).toEqual([[leaseId, 5_000]]);
  expect([
    isRevealAwaited(world.state, late.address, leaseId),
    isRevealAwaited(world.state, other.address, leaseId),
  ]).toEqual([true, false]);
  late.behaviour = "honest";
  world.feed(late.disconnect());
  world.feedAll(late.connect());
  world.drain();
  expect(awaitedUploads(world.state, late.address).size).toBe(0);
  expect(isRevealAwaited(world.state, late.address, leaseId)).toBe(false);
});
