// Placement for trust: operators drawn by what they have at stake, no operator with most of a job, replicas that share little.
import { keyFromSeed, randomStreams } from "@starling/kernel";
import { trustTerms } from "@starling/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CoordinatorState, coordinatorDecider, defaultPolicy, explainJob, jobView } from "../../src/core/index.ts";
import { Lots, weightOf, weightOfPledge } from "../../src/core/scheduling/lot.ts";
import { address, config, record, submission } from "./world/fixtures.ts";
import { pledge } from "./world/pledge.ts";
import { hardly, spot } from "./world/trust.ts";
import { World } from "./world/world.ts";

const newcomerPercent = defaultPolicy.drawNewcomerPercent;

function shareOf(
  rows: readonly (readonly [string, number])[],
  counted: (value: string) => boolean,
  draws: number,
): number {
  const random = randomStreams(keyFromSeed(7))("test");
  const lots = new Lots(rows, newcomerPercent);
  let count = 0;
  for (let i = 0; i < draws; i += 1) if (counted(lots.draw(random) ?? "")) count += 1;
  return count / draws;
}

describe("the draw", () => {
  test("gives each its weight of a long run of draws", () => {
    const rows = [
      ["a", 10],
      ["b", 100],
      ["c", 40],
    ] as const;
    // Five standard deviations of a binomial of 15,000.
    expect(Math.abs(shareOf(rows, (value) => value === "a", 15_000) - 10 / 150)).toBeLessThan(0.0105);
    expect(Math.abs(shareOf(rows, (value) => value === "b", 15_000) - 100 / 150)).toBeLessThan(0.0195);
    expect(Math.abs(shareOf(rows, (value) => value === "c", 15_000) - 40 / 150)).toBeLessThan(0.0185);
  });

  test("draws only what is there, and somebody wherever there is one", () => {
    const random = randomStreams(keyFromSeed(1))("test");
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 100 }), { maxLength: 16 }), (weights) => {
        const drawn = new Lots(
          weights.map((weight, i) => [i, weight] as const),
          newcomerPercent,
        ).draw(random);
        expect(weights.length === 0 ? drawn === undefined : weights[drawn ?? -1] !== undefined).toBe(true);
      }),
    );
  });

  test("newcomers have a small part together, one or a thousand of them, and all of it where nobody has pledged", () => {
    const staked = [
      ["a", 100],
      ["b", 40],
    ] as const;
    const isNew = (value: string): boolean => value.startsWith("new");
    for (const names of [1, 10, 1_000]) {
      const newcomers = Array.from({ length: names }, (_, i) => [`new-${i}`, 0] as const);
      const share = shareOf([...newcomers, ...staked], isNew, 15_000);
      // A tenth of the largest: 10 of 150.
      expect(Math.abs(share - 10 / 150)).toBeLessThan(0.0105);
      expect(shareOf(newcomers, isNew, 100)).toBe(1);
      expect(Math.abs(shareOf(newcomers, (value) => value === "new-0", 15_000) - 1 / names)).toBeLessThan(0.015);
    }
  });

  test("an operator weighs its pledge to this escrow in thousandths of a token, up to the cap", () => {
    const world = new World();
    world.join("a");
    const job = submission();
    world.submit(job);
    world.settle(2);
    const known = world.state.ledger.jobs.get(job.jobId);
    const escrow = world.state.ledger.escrows.get(known?.escrowId ?? "0x");
    if (known === undefined || escrow === undefined) throw new Error("there is no job");
    const weight = (pledge: bigint): number => {
      escrow.chain.pledges.set(address("o"), pledge);
      const found = weightOf(world.state, known, address("o"));
      escrow.chain.pledges.delete(address("o"));
      return found;
    };
    expect([0n, 999n, 999_999n, 5_000_000n, 10n ** 15n].map(weight)).toEqual([
      0,
      0,
      999,
      5_000,
      defaultPolicy.drawCap * 1_000,
    ]);
  });

  test("a pledge that is split over names never weighs more: up to the cap than under one, beyond it than in proportion", () => {
    const tokens = 1_000_000n;
    const parts = fc.array(fc.bigInt({ min: 0n, max: 200n * tokens }), { minLength: 1, maxLength: 1_000 });
    fc.assert(
      fc.property(parts, (split) => {
        const { drawCap } = defaultPolicy;
        const whole = split.reduce((sum, part) => sum + part, 0n);
        const together = split.reduce((sum, part) => sum + weightOfPledge(part, drawCap), 0);
        expect(together).toBeLessThanOrEqual(Number(whole / 1_000n));
        if (whole <= BigInt(drawCap) * tokens) expect(together).toBeLessThanOrEqual(weightOfPledge(whole, drawCap));
      }),
    );
    // Where the cap is far away every split is held against one name.
    fc.assert(
      fc.property(parts, (split) => {
        const whole = split.reduce((sum, part) => sum + part, 0n);
        const together = split.reduce((sum, part) => sum + weightOfPledge(part, 1_000_000), 0);
        expect(together).toBeLessThanOrEqual(weightOfPledge(whole, 1_000_000));
      }),
    );
  });
});

describe("many names without a pledge", () => {
  // The long run has the crowd that takes a quarter of a minute.
  test.each(process.env.STARLING_TEST_FULL === "1" ? [1, 20, 150] : [1, 20, 60])(
    "get together a tenth of what one with a stake gets: %i of them",
    (names) => {
      // Jobs of one task among idle workers: each lease is a draw.
      const world = new World(config({ policy: { probationChecks: 0 } }));
      const first = submission({ tasks: 1 });
      world.submit(first);
      const staked = Array.from({ length: 10 }, (_, i) => world.join(`staked-${i}`));
      const strangers = Array.from({ length: names }, (_, i) => world.join(`name-${i}`).record.operator);
      for (const { record } of staked)
        pledge(world, { escrowId: first.newEscrowId, operator: record.operator, amount: 10n ** 9n });
      world.settle(5);
      const before = world.factsOf("leaseOffered").length;
      for (let number = 2; number <= 61; number += 1) {
        world.submit(submission({ tasks: 1, key: `job-${number}` }));
        world.settle(1);
      }
      const offered = world.factsOf("leaseOffered").slice(before);
      expect(offered.length).toBeGreaterThanOrEqual(60);
      // One in a hundred is expected.
      const theirs = offered.filter(({ operator }) => strangers.includes(operator)).length;
      expect(theirs / offered.length).toBeLessThan(0.06);
    },
  );

  test("share a quarter of a job's leases while eight with a stake work on it, and all of it where there are fewer", () => {
    const partOf = (backers: number): number => {
      const world = new World(config({ policy: { probationChecks: 0 } }));
      const job = submission({ tasks: 300, trust: spot(hardly), perTaskMax: 100n, budget: 1_000_000n });
      world.submit(job);
      for (let i = 0; i < backers; i += 1) {
        const { operator } = world.join(`staked-${i}`).record;
        pledge(world, { escrowId: job.newEscrowId, operator, amount: 10n ** 18n });
      }
      const strangers = Array.from({ length: 30 }, (_, i) => world.join(`name-${i}`).record.operator);
      world.settle(80);
      expect(jobView(world.state, job.jobId)?.state).toBe("completed");
      const offered = world.factsOf("leaseOffered");
      return offered.filter(({ operator }) => strangers.includes(operator)).length / offered.length;
    };
    expect(partOf(10)).toBeLessThan(0.28);
    expect(partOf(7)).toBeGreaterThan(0.4);
  });
});

function givenTo(world: World, operator: string): number {
  return world.factsOf("leaseOffered").filter((fact) => fact.operator === address(`operator-${operator}`)).length;
}

describe("one operator's share of a job", () => {
  // One operator with most of the machines, and others that are slower to come back than it.
  function crowd(others: number, policy: Parameters<typeof config>[0] = {}): World {
    const world = new World(config(policy));
    for (let i = 0; i < others; i += 1) world.join(`w${i}`, "honest", { slots: 1, pricePerTask: 100n });
    for (let i = 0; i < 20; i += 1)
      world.join(`big-${i}`, "honest", { operator: address("operator-big"), slots: 4, pricePerTask: 50n });
    return world;
  }

  test("ends at a quarter while eight others work on it, and the job completes", () => {
    const world = crowd(12);
    const job = submission({ tasks: 40 });
    world.submit(job);
    world.settle(60);
    expect(jobView(world.state, job.jobId)?.state).toBe("completed");
    expect(givenTo(world, "big")).toBeGreaterThan(0);
    // The last tasks may find fewer than eight others at work.
    expect(givenTo(world, "big")).toBeLessThanOrEqual(20 + 8);
    const capless = crowd(12, { policy: { operatorSharePercent: 100 } });
    capless.submit(submission({ tasks: 40 }));
    capless.settle(60);
    expect(givenTo(capless, "big")).toBeGreaterThan(givenTo(world, "big"));
  });

  test("never blocks: with fewer others there is no cap, and when they all leave it is lifted", () => {
    const few = crowd(3);
    const job = submission({ tasks: 20 });
    few.submit(job);
    few.settle(60);
    expect(jobView(few.state, job.jobId)?.state).toBe("completed");
    expect(givenTo(few, "big")).toBeGreaterThan(10);

    const leaving = crowd(9);
    const other = submission({ tasks: 30 });
    leaving.submit(other);
    for (let i = 0; i < 2; i += 1) leaving.block();
    const gone = [...leaving.workers.values()].filter(({ record }) => record.pricePerTask === 100n).slice(1);
    for (const worker of gone) {
      worker.connected = false;
      leaving.feed({ type: "workerGone", worker: worker.address, session: worker.session, reason: "test" });
    }
    leaving.settle(90);
    expect(jobView(leaving.state, other.jobId)?.state).toBe("completed");
  });

  test("is explained while it holds", () => {
    const world = crowd(9);
    for (const worker of world.workers.values()) if (worker.record.pricePerTask === 100n) worker.behaviour = "silent";
    const job = submission({ tasks: 40 });
    world.submit(job);
    for (let i = 0; i < 3; i += 1) world.block();
    const waits = explainJob(world.state, job.jobId)?.waits ?? [];
    const found = waits.flatMap(({ predicates }) => predicates).find(({ code }) => code === "shareUsed");
    expect(found).toMatchObject({ workers: 20 });
  });

  test("is the same after a restart", () => {
    const world = crowd(10);
    world.submit(submission({ tasks: 200 }));
    for (let i = 0; i < 3; i += 1) world.block();
    const sharesOf = (state: CoordinatorState): unknown =>
      [...state.index.shares].map(([job, { operators, given }]) => [
        job,
        given,
        [...operators].sort(([a], [b]) => (a < b ? -1 : 1)),
      ]);
    const before = sharesOf(world.state);
    expect(before).not.toEqual([]);
    const restored = coordinatorDecider.restore(world.config, coordinatorDecider.snapshot(world.state));
    expect(sharesOf(restored)).toEqual(before);
  });
});

describe("replicas that share little", () => {
  function traitsOf(world: World, traitOf: (worker: string) => string): number[] {
    const traits = new Map<string, Set<string>>();
    for (const { taskId, worker } of world.factsOf("leaseOffered"))
      traits.set(taskId, (traits.get(taskId) ?? new Set()).add(traitOf(worker)));
    return [...traits.values()].map(({ size }) => size);
  }

  test("strong prefers other hardware, and does without where there is none", () => {
    const world = new World();
    for (let i = 0; i < 6; i += 1) {
      const { resources } = record("any");
      world.join(`w${i}`, "honest", { resources: { ...resources, cpuModel: `model ${i % 3}` } });
    }
    world.submit(submission({ tasks: 40, trust: "strong" }));
    world.settle(10);
    const model = (worker: string): string =>
      world.state.ledger.workers.get(worker as `0x${string}`)?.signed.record.resources.cpuModel ?? "";
    const counts = traitsOf(world, model);
    expect(counts).toHaveLength(40);
    // Three of six workers by chance would have three models two times in five.
    expect(counts.filter((count) => count === 3).length).toBeGreaterThan(32);
  });

  // Two operators with many slots in one subnet, and one with a single slot elsewhere.
  function lopsided(elsewhere: "honest" | "silent"): World {
    const world = new World();
    for (const [name, slots, behaviour] of [
      ["a", 16, "honest"],
      ["b", 16, "honest"],
      ["c", 1, elsewhere],
    ] as const) {
      const known = world.state.ledger.workers.get(world.join(name, behaviour, { slots }).address);
      if (known !== undefined) known.remoteAddress = `/ip4/10.0.${name === "c" ? 2 : 1}.${slots}/tcp/1`;
    }
    const trust = { ...trustTerms("quorum"), distinct: ["operator", "subnet"] as const };
    const job = submission({ tasks: 8 });
    world.submit({ ...job, spec: { ...job.spec, trust } });
    world.settle(60);
    expect(jobView(world.state, job.jobId)?.state).toBe("completed");
    return world;
  }

  test("a replica waits a moment for a worker of another subnet that is busy", () => {
    const world = lopsided("honest");
    const subnet = (worker: string): string =>
      world.state.ledger.workers.get(worker as `0x${string}`)?.remoteAddress.split(".")[2] ?? "";
    expect(traitsOf(world, subnet)).toEqual(Array.from({ length: 8 }, () => 2));
  });

  test("and no longer than a moment", () => {
    const world = lopsided("silent");
    const shared = world.factsOf("taskAccepted").map(({ winners }) => winners.length);
    expect(shared).toEqual(Array.from({ length: 8 }, () => 2));
  });

  test("quorum does not ask for it, and one machine of many loopback addresses is no obstacle to strong", () => {
    const world = new World();
    for (let i = 0; i < 4; i += 1) {
      const known = world.state.ledger.workers.get(world.join(`w${i}`).address);
      if (known !== undefined) known.remoteAddress = `/ip4/127.0.${i}.1/tcp/1`;
    }
    const job = submission({ tasks: 4, trust: "strong" });
    world.submit(job);
    world.settle(20);
    expect(jobView(world.state, job.jobId)?.state).toBe("completed");
  });
});
