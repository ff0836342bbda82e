// Whose permits wait for their transactions: those of open jobs without their money, and of jobs that were cancelled after it was sent.
import { expect, test } from "vitest";
import { unfundedSubmissions } from "../../src/core/index.ts";
import { address, config, payer, submission } from "./world/fixtures.ts";
import { World } from "./world/world.ts";

test("a job's permit waits until its money is there, also when the job is cancelled meanwhile", () => {
  const world = new World(config());
  const kept = submission({ key: "kept", tasks: 1 });
  const cancelled = submission({ key: "cancelled", tasks: 1 });
  expect(world.submit(kept).ok).toBe(true);
  const waiting = () => unfundedSubmissions(world.state, payer).map(({ jobId }) => jobId);
  expect(waiting()).toEqual([kept.jobId]);
  expect(unfundedSubmissions(world.state, address("another payer"))).toEqual([]);
  for (let i = 0; i < 4; i += 1) world.block();
  expect(waiting()).toEqual([]);
  // It adds to the escrow that is there now, so its transaction is sent at once.
  expect(world.submit(cancelled).ok).toBe(true);
  world.feed({ type: "jobCancelled", jobId: cancelled.jobId, payer });
  expect(waiting()).toEqual([cancelled.jobId]);
  for (let i = 0; i < 4; i += 1) world.block();
  expect(waiting()).toEqual([]);
});
