// An escrow that the chain refused leaves nothing behind: otherwise orders without money would fill the ledger for ever.
import { expect, test } from "vitest";
import { jobView } from "../../src/core/index.ts";
import { config, submission } from "./world/fixtures.ts";
import { World } from "./world/world.ts";

test("an escrow that never came is forgotten with its job", () => {
  const world = new World(config({ policy: { retentionMs: 20_000 } }));
  world.chain.refusals.set("createEscrowFor", "ERC20InsufficientBalance");
  const job = submission({ tasks: 3 });
  world.submit(job);
  world.settle(3);
  expect(jobView(world.state, job.jobId)).toMatchObject({ state: "failed", reason: { code: "transactionFailed" } });
  world.settle(40);
  const { jobs, tasks, escrows, books } = world.state.ledger;
  expect([jobs.size, tasks.size, escrows.size, books.balances.size]).toEqual([0, 0, 0, 0]);
});
