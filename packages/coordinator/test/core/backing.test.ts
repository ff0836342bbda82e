// Strangers without a stake who answer for one another: whoever has pledged is asked too, and before that they are not paid.
import { checkedFineOf, fineOf, trustTerms } from "@starling/protocol";
import { expect, test } from "vitest";
import { jobView } from "../../src/core/index.ts";
import { config, submission } from "./world/fixtures.ts";
import { pledge } from "./world/pledge.ts";
import { causesOf, worldOf } from "./world/trust.ts";
import { World } from "./world/world.ts";

test("a coalition without a pledge wins next to nothing among operators who have pledged", () => {
  const world = new World(config());
  const liars = Array.from({ length: 12 }, (_, i) => world.join(`liar-${i}`, "liar").record.operator);
  const honest = Array.from({ length: 12 }, (_, i) => world.join(`honest-${i}`));
  const job = submission({ tasks: 100, perTaskMax: 100n, budget: 100_000n });
  world.submit(job);
  for (const { record } of honest)
    pledge(world, { escrowId: job.newEscrowId, operator: record.operator, amount: 10n ** 18n });
  for (let i = 0; i < 3; i += 1) world.block();
  world.settle(40);
  expect(jobView(world.state, job.jobId)).toMatchObject({ state: "completed" });
  const { leases, tasks } = world.state.ledger;
  const isLie = (leaseId: `0x${string}`): boolean => liars.includes(leases.get(leaseId)?.operator ?? "0x");
  const lied = world.factsOf("leaseOffered").filter(({ operator }) => liars.includes(operator));
  expect(lied.length).toBeGreaterThan(10);
  expect([...tasks.values()].filter(({ result }) => result?.winners.every(isLie))).toEqual([]);
  expect(world.factsOf("payOwed").filter(({ leaseId }) => isLie(leaseId))).toEqual([]);
  expect(jobView(world.state, job.jobId)?.banned.length).toBeGreaterThan(1);
});

test("true answers of strangers without a stake are paid with the answer of somebody who has one", () => {
  const { world } = worldOf(["honest", "honest"], { policy: { probationChecks: 0 } });
  const job = submission({ tasks: 1, perTaskMax: 100n, budget: 100_000n });
  world.submit(job);
  for (let i = 0; i < 2; i += 1) world.block();
  const backer = world.join("backer");
  pledge(world, { escrowId: job.newEscrowId, operator: backer.record.operator, amount: 10n ** 18n });
  world.settle(10);
  expect(jobView(world.state, job.jobId)).toMatchObject({ state: "completed" });
  const [task] = world.factsOf("taskAccepted");
  expect(causesOf(world, task?.taskId ?? "")).toEqual(["checked"]);
  expect(jobView(world.state, job.jobId)).toMatchObject({ owed: 300n });
});

test("two whose pledges reach the smaller fine alone, as those of one stake under many names do, do not check each other", () => {
  const world = new World(config({ policy: { probationChecks: 0 } }));
  const price = 100n;
  const terms = trustTerms("quorum");
  const thin = checkedFineOf(terms, price);
  expect(thin).toBeLessThan(fineOf(terms, price));
  const pair = [world.join("thin-1"), world.join("thin-2")];
  const job = submission({ tasks: 1, perTaskMax: price, budget: 100_000n });
  world.submit(job);
  for (const { record } of pair) pledge(world, { escrowId: job.newEscrowId, operator: record.operator, amount: thin });
  for (let i = 0; i < 2; i += 1) world.block();
  const backer = world.join("backer");
  pledge(world, { escrowId: job.newEscrowId, operator: backer.record.operator, amount: 10n ** 18n });
  world.settle(10);
  const [first, second, look] = world.factsOf("leaseOffered").map(({ fine }) => fine);
  expect([first, second]).toEqual([thin, thin]);
  expect(look).toBeGreaterThan(thin);
  const [task] = world.factsOf("taskAccepted");
  expect(causesOf(world, task?.taskId ?? "")).toEqual(["checked"]);
});
