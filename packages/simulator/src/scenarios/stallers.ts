// Workers that accept and beat and never finish.

import type { Behaviour } from "../behaviours/behaviour.ts";
import { honest } from "../behaviours/honest.ts";
import { staller } from "../behaviours/staller.ts";
import type { Findings } from "../checkers/checker.ts";
import type { Stage } from "../play.ts";
import { earnedBy, enact, fired, job, type Scenario, staked, uncompleted } from "./scenario.ts";

/** Two of seven, and a job that outlasts a few lost leases: each of these takes half a minute from its task. */
const OTHERS = 5;
const STALLERS = [5, 6];
const TASKS = 500;
const RUN_MS_MIN = 3_000;
const RUN_MS_SPAN = 2_000;
const LASTS_MS = 600_000;
/** Makespan in tenths of what it is without them. */
const TENTHS_MAX = 13;

const unhurried: Behaviour = {
  ...honest,
  run: ({ right }, random) => ({ durationMs: RUN_MS_MIN + random.below(RUN_MS_SPAN), content: right }),
};
const others = Array.from({ length: OTHERS }, (_, index) => staked(index, unhurried));

function script({ payer }: Stage): void {
  payer.submit(job(1, { tasks: TASKS, trust: "spot", budgetTimes: 4n }));
}

function makespanOf({ world }: Stage): number {
  const [one] = world.coordinator.state.ledger.jobs.values();
  return one?.endedAt === undefined || one.endedAt === null ? Number.POSITIVE_INFINITY : one.endedAt - one.acceptedAt;
}

/** The same without them. */
function alone(seed: number): number {
  let makespanMs = Number.POSITIVE_INFINITY;
  const epilogue = (stage: Stage): Findings => {
    makespanMs = makespanOf(stage);
    return [];
  };
  enact({ about: "nobody stalls", cast: others, lastsMs: LASTS_MS, script, epilogue }, { seed });
  return makespanMs;
}

export const stallers: Scenario = {
  about:
    "a job outlives those who only accept: their leases move on, they earn nothing, and it takes at most 1.3 times as long",
  cast: [...others, ...STALLERS.map((index) => staked(index, staller))],
  lastsMs: LASTS_MS,
  script,
  epilogue: (stage) => {
    const paid = STALLERS.filter((index) => earnedBy(stage, index) > 0n);
    const found = [...fired(stage, "workStalled"), ...uncompleted(stage)];
    const [withThem, without] = [makespanOf(stage), alone(1)];
    if (withThem * 10 > without * TENTHS_MAX) found.push(`it took ${withThem} ms, and ${without} ms without stallers`);
    return [...found, ...paid.map((index) => `worker ${index} stalled and was paid`)];
  },
};
