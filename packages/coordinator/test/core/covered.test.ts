// A swarm without pledges on the least budget: it gets no more than what there is money to check, and the rest waits for who has pledged.
import { type Address, type LeaseId, minimumBudget } from "@starling/protocol";
import { describe, expect, test } from "vitest";
import { explainJob, jobView } from "../../src/core/index.ts";
import { budgetLeft } from "../../src/core/money/amounts.ts";
import { payer, submission } from "./world/fixtures.ts";
import { pledge } from "./world/pledge.ts";
import { hardly, spot, stateOf, worldOf } from "./world/trust.ts";
import type { Behaviour } from "./world/worker.ts";
import type { World } from "./world/world.ts";

const price = 100n;
const strangersWaitMs = 20_000;

function leastJob(tasks: number) {
  const made = submission({ tasks, trust: spot(hardly), perTaskMax: price });
  const budget = minimumBudget(made.spec, price);
  return { ...made, order: { ...made.order, budget }, permit: { ...made.permit, value: budget } } as typeof made;
}

interface Swarm {
  readonly strangers: number;
  readonly behaviour?: Behaviour;
  readonly pledged?: number;
  readonly waitMs?: number;
}

/** Strangers of one behaviour, and workers whose operators pledge. */
function swarm({ strangers, behaviour = "honest", pledged = 0, waitMs = strangersWaitMs }: Swarm) {
  const { world } = worldOf([], { policy: { probationChecks: 20, strangersWaitMs: waitMs, allotmentMs: 20_000 } });
  const swarmers = Array.from({ length: strangers }, (_, i) => world.join(`stranger-${i}`, behaviour).record.operator);
  const owners = Array.from({ length: pledged }, (_, i) => world.join(`owner-${i}`).record.operator);
  return { world, strangers: new Set(swarmers), owners };
}

function start(world: World, job: ReturnType<typeof leastJob>, owners: readonly Address[]): void {
  world.submit(job);
  for (const operator of owners) pledge(world, { escrowId: job.newEscrowId, operator, amount: 10n ** 18n });
  for (let i = 0; i < 3; i += 1) world.block();
}

/** Lets so many seconds pass, or fewer if the job is over before. */
function settle(world: World, job: ReturnType<typeof leastJob>, seconds: number): void {
  for (let i = 0; i < seconds && stateOf(world, job.jobId) === "running"; i += 1) world.settle(1);
}

/** First answers by strangers, and what of them nobody has checked or settled. */
function firstAnswers(world: World, strangers: ReadonlySet<Address>): number {
  return world.factsOf("leaseOffered").filter(({ operator, checked }) => checked === true && strangers.has(operator))
    .length;
}

/** Answers of strangers that settled although nobody checked them. */
function unchecked(world: World, strangers: ReadonlySet<Address>): number {
  return world.factsOf("auditMissed").filter(({ taskId }) => {
    const [first = "0x"] = world.state.ledger.tasks.get(taskId)?.leases ?? [];
    return strangers.has(world.state.ledger.leases.get(first)?.operator ?? "0x");
  }).length;
}

describe("with operators who have pledged", () => {
  test("no lie of a swarm settles, and every answer of it has the money for its check", () => {
    const { world, strangers, owners } = swarm({ strangers: 20, behaviour: "liar", pledged: 4 });
    world.join("referee", "honest", { operator: payer });
    const job = leastJob(200);
    start(world, job, owners);
    for (let i = 0; i < 60; i += 1) {
      world.settle(1);
      const known = world.state.ledger.jobs.get(job.jobId);
      const owed = BigInt(world.state.index.unchecked.get(job.jobId)?.size ?? 0);
      if (known !== undefined) expect(budgetLeft(known) >= owed * price, `second ${i}`).toBe(true);
    }
    expect(firstAnswers(world, strangers)).toBeGreaterThan(10);
    expect(unchecked(world, strangers)).toBe(0);
    const { leases, tasks } = world.state.ledger;
    const settled = [...tasks.values()].filter(({ settledAt }) => settledAt !== null);
    expect(settled.length).toBeGreaterThan(100);
    const isLie = (leaseId: LeaseId): boolean => strangers.has(leases.get(leaseId)?.operator ?? "0x");
    expect(settled.filter(({ result }) => result?.winners.some(isLie))).toEqual([]);
    expect(world.factsOf("payOwed").filter(({ leaseId }) => isLie(leaseId))).toEqual([]);
  });

  test("honest strangers get what can be checked, and those who pledged the rest", () => {
    const { world, strangers, owners } = swarm({ strangers: 8, pledged: 6 });
    const job = leastJob(160);
    start(world, job, owners);
    settle(world, job, 150);
    expect(jobView(world.state, job.jobId)).toMatchObject({ state: "completed" });
    expect(unchecked(world, strangers)).toBe(0);
    const { tasks, leases } = world.state.ledger;
    const first = [...tasks.values()].map((task) => leases.get(task.leases[0] ?? "0x")?.operator ?? "0x");
    const theirs = first.filter((operator) => strangers.has(operator)).length;
    expect(theirs).toBeGreaterThan(15);
    expect(theirs).toBeLessThan(90);
    expect(world.state.presence.heldBack.size).toBe(0);
  });

  test("newcomers who pledged go unchecked, openly, before money is missing for answers or for strangers", () => {
    const { world, owners } = swarm({ strangers: 0, pledged: 8 });
    const job = leastJob(200);
    start(world, job, owners);
    settle(world, job, 60);
    expect(jobView(world.state, job.jobId)).toMatchObject({ state: "completed" });
    const missed = world.factsOf("auditMissed");
    expect(missed.every(({ reason }) => /fine of this one deters/.test(reason.message))).toBe(true);
  });
});

describe("without anybody who has pledged", () => {
  const later = strangersWaitMs / 1_000 + 5;

  test("tasks wait, say for whom and until when, and go to anybody after that", () => {
    const { world, strangers } = swarm({ strangers: 20 });
    const job = leastJob(300);
    start(world, job, []);
    world.settle(10);
    const before = firstAnswers(world, strangers);
    expect(before).toBeGreaterThan(40);
    expect(before).toBeLessThan(150);
    const [wait] = explainJob(world.state, job.jobId)?.waits ?? [];
    const held = wait?.predicates.find(({ code }) => code === "checkUnpaid");
    expect(held).toMatchObject({ workers: 20, message: expect.stringMatching(/pays no further check/) });
    expect(wait?.change).toMatch(/operator who has pledged.*recorded as missed/);
    expect(wait?.message).toMatch(/20 have not pledged enough/);
    world.settle(5);
    expect(firstAnswers(world, strangers)).toBe(before);
    world.settle(later + 30);
    expect(firstAnswers(world, strangers)).toBeGreaterThan(before);
    expect(jobView(world.state, job.jobId)).toMatchObject({ state: "failed", reason: { code: "budgetExhausted" } });
  });

  test("the first who pledges gets them at once", () => {
    const { world, strangers } = swarm({ strangers: 20 });
    const job = leastJob(300);
    start(world, job, []);
    world.settle(10);
    const before = firstAnswers(world, strangers);
    const owner = world.join("late owner");
    pledge(world, { escrowId: job.newEscrowId, operator: owner.record.operator, amount: 10n ** 18n });
    world.settle(6);
    const mine = world.factsOf("leaseOffered").filter(({ operator }) => operator === owner.record.operator);
    expect(mine.length).toBeGreaterThan(1);
    expect(firstAnswers(world, strangers) - before).toBeLessThan(20);
  });

  test("a small job, whose budget holds a check for each task, never waits", () => {
    const { world } = swarm({ strangers: 10, waitMs: 3_600_000 });
    const job = leastJob(60);
    start(world, job, []);
    settle(world, job, 30);
    expect(jobView(world.state, job.jobId)).toMatchObject({ state: "completed" });
    expect(world.factsOf("auditMissed")).toEqual([]);
  });

  test("nor does one with a budget for all of it", () => {
    const { world } = swarm({ strangers: 10, waitMs: 3_600_000 });
    const rich = leastJob(200);
    const job = { ...rich, order: { ...rich.order, budget: 400n * price } };
    start(world, job, []);
    settle(world, job, 60);
    expect(jobView(world.state, job.jobId)).toMatchObject({ state: "completed" });
    expect(world.factsOf("auditMissed")).toEqual([]);
  });
});

test("what awaits its check is found again in a ledger that is restored", () => {
  const { world } = swarm({ strangers: 10, behaviour: "silent" });
  const job = leastJob(300);
  start(world, job, []);
  world.pass(100);
  const before = new Set(world.state.index.unchecked.get(job.jobId));
  expect(before.size).toBeGreaterThan(0);
  for (const from of ["snapshot", "facts"] as const) {
    world.restart(from);
    expect(world.state.index.unchecked.get(job.jobId)).toEqual(before);
  }
});
