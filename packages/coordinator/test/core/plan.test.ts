// What a job would meet: who qualifies, why the others don't, at which price, and that asking changes nothing.
import { expect, test } from "vitest";
import { planJob } from "../../src/core/index.ts";
import { address, payer, submission } from "./world/fixtures.ts";
import { World } from "./world/world.ts";

function planOf(world: World, options: Parameters<typeof submission>[0] = {}) {
  const job = submission(options);
  return planJob(world.state, { payer: job.payer, submission: job, spec: job.spec });
}

test("names who qualifies and counts why the others don't", () => {
  const world = new World();
  world.join("a", "honest", { pricePerTask: 90n });
  world.join("b", "honest", { pricePerTask: 100n, operator: address("operator-a") });
  world.join("c", "honest", { pricePerTask: 120n });
  world.join("dear", "honest", { pricePerTask: 1_000n });
  world.join("mine", "honest", { operator: payer });
  const small = { ...world.join("small").record.resources, memoryBytes: 1 };
  world.join("tiny", "honest", { resources: small });
  const before = world.facts.length;
  const plan = planOf(world, {
    reduce: true,
    step: { needs: { cpuCores: 1, memoryBytes: 1e6, diskBytes: 1e6, gpu: null } },
  });
  expect(world.facts).toHaveLength(before);
  expect(plan).toMatchObject({ workersKnown: 7, operatorsTotal: 3, referees: 1 });
  expect(plan.steps.map(({ step, tasks, workers, operators }) => [step, tasks, workers, operators])).toEqual([
    ["map", 3, 4, 3],
    ["reduce", 1, 4, 3],
  ]);
  expect(Object.fromEntries(plan.steps[0]?.unmet.map(({ code, workers }) => [code, workers]) ?? [])).toEqual({
    priceTooHigh: 1,
    isReferee: 1,
    memoryTooSmall: 1,
  });
  expect(plan.operators.map(({ price, workers }) => [price, workers])).toEqual([
    [90n, 2],
    [100n, 1],
    [120n, 1],
  ]);
  expect(plan.operators.every(({ checksLeft }) => checksLeft === plan.probationChecks)).toBe(true);
});

test("whoever is away does not qualify, whoever is busy does", () => {
  const world = new World();
  const away = world.join("away");
  for (const name of ["a", "b"]) world.join(name);
  world.feed({ type: "workerGone", worker: away.address, session: away.session, reason: "test" });
  world.delivers = false;
  world.submit(submission({ tasks: 50 }));
  world.settle(2);
  const plan = planOf(world, { key: "job-2" });
  expect(plan.steps[0]).toMatchObject({ workers: 2, operators: 2 });
  expect(plan.steps[0]?.unmet.map(({ code }) => code)).toEqual(["notConnected"]);
});
