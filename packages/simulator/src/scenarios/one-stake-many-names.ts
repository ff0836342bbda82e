// One stake split over five names, or over twenty, which is too little each to be pledged: what its owner gets of the work is drawn by stake, and names are not counted.
import type { Findings } from "../checkers/checker.ts";
import type { Stage } from "../play.ts";
import { operatorAt } from "../world/records.ts";
import { job, type Scenario, staked, uncompleted } from "./scenario.ts";

/** Others, each of whom pledges as much as the owner of the names has in all. */
const OTHERS = 8;
/** What the coordinator asks of an operator at a time: sixteen fines of `spot`, base units. */
const STAKE = 8_900_000n;
/** Everybody passes its probation and pledges. */
const WARM_UP_TASKS = 500;
const WARM_UP_MS = 30_000;
/** Then jobs of one task come to workers that wait: each lease is a draw. */
const JOBS = 100;
const EVERY_MS = 250;
const SIGMAS = 3;

function scenarioOf(names: number): Scenario {
  return {
    about: `one stake under ${names} names gets no more than its part of the work`,
    cast: Array.from({ length: OTHERS + names }, (_, i) =>
      staked(i, undefined, i < OTHERS ? STAKE : STAKE / BigInt(names)),
    ),
    script: ({ payer, world }) => {
      payer.submit(job(1, { trust: "spot", tasks: WARM_UP_TASKS, budgetTimes: 4n }));
      for (let number = 2; number < JOBS + 2; number += 1)
        world.simulation.after(WARM_UP_MS + number * EVERY_MS, () =>
          payer.submit(job(number, { trust: "spot", tasks: 1, budgetTimes: 4n })),
        );
    },
    epilogue: (stage) => [...uncompleted(stage), ...partOf(stage, names)],
  };
}

function partOf({ world }: Stage, names: number): Findings {
  const { leases, jobs } = world.coordinator.state.ledger;
  const owned = new Set(Array.from({ length: names }, (_, i) => operatorAt(OTHERS + i)));
  const drawn = [...leases.values()].filter(({ jobId }) => jobs.get(jobId)?.taskCount === 1);
  const got = drawn.filter(({ operator }) => owned.has(operator)).length;
  const fair = 1 / (OTHERS + 1);
  const most = fair * drawn.length + SIGMAS * Math.sqrt(fair * (1 - fair) * drawn.length);
  if (drawn.length < JOBS) return [`only ${drawn.length} leases were drawn`];
  return got > most ? [`${names} names got ${got} of ${drawn.length} leases, one has ${Math.floor(most)} at most`] : [];
}

export const oneStakeFiveNames = scenarioOf(5);
export const oneStakeTwentyNames = scenarioOf(20);
