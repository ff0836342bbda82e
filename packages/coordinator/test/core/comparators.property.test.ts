// Machines that round otherwise, liars, restarts and comparisons that get lost: whoever is close is never blamed.
import fc from "fast-check";
import { expect, test } from "vitest";
import { jobView } from "../../src/core/index.ts";
import { close, config, payer, submission } from "./world/fixtures.ts";
import { World } from "./world/world.ts";

const cast = fc.array(fc.constantFrom("honest" as const, "drifter" as const, "liar" as const), {
  minLength: 4,
  maxLength: 6,
});
const plan = fc.record({
  cast,
  tasks: fc.integer({ min: 1, max: 5 }),
  replicas: fc.integer({ min: 1, max: 3 }),
  // All of them, so that audits meet drifting answers too.
  isAudited: fc.boolean(),
  restarts: fc.array(
    fc.tuple(fc.integer({ min: 1, max: 60 }), fc.constantFrom("facts" as const, "snapshot" as const)),
    {
      maxLength: 3,
    },
  ),
  lost: fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 3 }),
});

test("close answers are accepted and paid, wrong ones are out, whatever happens in between", () => {
  fc.assert(
    fc.property(plan, ({ cast: behaviours, tasks, replicas, isAudited, restarts, lost }) => {
      const world = new World(config());
      const names = behaviours.map((behaviour, i) => world.join(`${behaviour}-${i}`, behaviour));
      // Liars tell one lie here: the payer's own machine is the last word, or a job could end disputed.
      world.join("referee", "honest", { operator: payer });
      for (let i = 0; i < 4; i += 1) names.push(world.join(`sound-${i}`, i % 2 === 0 ? "drifter" : "honest"));
      const feed = world.feed.bind(world);
      let turn = 0;
      world.feed = (input) => {
        turn += 1;
        world.compares = !lost.includes(turn);
        const outcome = feed(input);
        for (const [at, from] of restarts) {
          if (at !== turn) continue;
          world.restart(from);
          world.reconnect();
        }
        return outcome;
      };
      const trust = { ...close, replicas, auditPpm: isAudited ? 1_000_000 : 5_000 };
      const job = submission({ tasks, trust, budget: 100_000n });
      world.submit(job);
      world.settle(20);
      // A comparison that was lost comes back with the next process.
      world.feed = feed;
      world.compares = true;
      world.restart("facts");
      world.reconnect();
      for (let i = 0; i < 6 && jobView(world.state, job.jobId)?.state === "running"; i += 1) world.settle(10);
      expect(jobView(world.state, job.jobId)?.state).toBe("completed");
      const banned = [...(world.state.ledger.jobs.get(job.jobId)?.banned.keys() ?? [])];
      const blamed = names.filter(({ record }) => banned.includes(record.operator));
      expect(blamed.every(({ behaviour }) => behaviour === "liar")).toBe(true);
      const rejected = names.filter(({ verdicts }) => verdicts.some(({ verdict }) => verdict === "rejected"));
      expect(rejected.every(({ behaviour }) => behaviour === "liar")).toBe(true);
    }),
    { numRuns: 60 },
  );
});
