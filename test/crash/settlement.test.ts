// kill -9 at every step of every payment, on bad lines to a chain that takes blocks back: everybody is paid once, and nothing is left over.
import { randomInt } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isFull } from "./failpoints.ts";
import { auditSettlement, type MoneyBefore, moneyOf } from "./settlement-audit.ts";
import { SettlementCourse } from "./settlement-course.ts";
import { coordinatorRounds, workerDeaths } from "./settlement-places.ts";

const limitMs = isFull || process.env.STARLING_SETTLEMENT_KILLS !== undefined ? 3_600_000 : 700_000;

/** Two are never killed, so that a job always finds two operators. */
const workers = 6;
const victims = 4;

describe("money under fire", () => {
  const seed = Number(process.env.STARLING_SETTLEMENT_SEED ?? randomInt(2 ** 31));
  let course: SettlementCourse;
  let before: MoneyBefore;
  beforeAll(async () => {
    course = await SettlementCourse.start(workers, seed);
    before = await moneyOf(course.net);
  });
  afterAll(async () => {
    process.stderr.write(
      `${course.killed.length} kills, ${course.reorgs} reorgs, ${course.jobs.length} jobs; seed ${seed}\n`,
    );
    await course.stop();
  });

  it(
    "survives the coordinator's death at every step of every transaction and of the vouchers",
    async () => {
      const rounds = coordinatorRounds((bound) => course.random.below(bound));
      for (const deaths of rounds) await course.run(new Map([["coordinator", deaths]]), { tasks: 2, closes: true });
      const wanted = rounds.flatMap(({ places, failpoints }) => [...places, ...failpoints]);
      expect(course.killed.length).toBe(wanted.length);
    },
    limitMs,
  );

  it(
    "survives workers' deaths between lease and voucher",
    async () => {
      const deaths = workerDeaths(victims, (bound) => course.random.below(bound));
      const done = course.killed.length;
      await course.run(new Map(deaths.map((one, i) => [`worker-${i + 1}`, one])), { tasks: 8, closes: false });
      expect(course.killed.length - done).toBe(deaths.flatMap(({ failpoints }) => failpoints).length);
    },
    limitMs,
  );

  it(
    "paid everybody once and exactly, and after all deadlines the contracts are empty",
    async () => {
      await course.end();
      await auditSettlement(course.net, course, before);
      expect(course.reorgs).toBeGreaterThan(0);
    },
    limitMs,
  );
});
