// A run whose every part is drawn from its seed: who takes part, what fails, which jobs come and when.
import type { PlantedBug } from "@starling/coordinator/core";
import { keyFromSeed, type Millis, type RandomStreams, randomStreams } from "@starling/kernel";
import { drawCast, type Role } from "./cast.ts";
import { allCheckers } from "./checkers/all.ts";
import type { Checker } from "./checkers/checker.ts";
import { drawFaultPlan } from "./fault-plan.ts";
import { letOwnersAct } from "./owners.ts";
import { perform, type RunReport, type Stage } from "./play.ts";
import { drawPlan, plainPlan } from "./workload.ts";
import { payers } from "./world/records.ts";

/** The size of a run; everything else follows from the seed. */
export interface RunOptions {
  readonly seed: number;
  readonly workers: number;
  readonly jobs: number;
  readonly tasksMax: number;
  readonly plantedBugs: ReadonlySet<PlantedBug>;
  /** All of them, unless other ones are given. */
  readonly checkers?: readonly Checker[];
}

const FAULTS_MS: Millis = 60_000;
const SECOND_MS: Millis = 1_000;

/** Runs one seed. */
export function run(options: RunOptions): RunReport {
  const { seed, plantedBugs } = options;
  // The world draws from the same seed under other names.
  const random = randomStreams(keyFromSeed(seed));
  const cast = drawCast(options, random("cast"));
  const priceMax = highestPrice(cast);
  return perform({
    seed,
    cast,
    plan: drawFaultPlan(random("plan")),
    plantedBugs,
    checkers: options.checkers ?? allCheckers(),
    faultsMs: FAULTS_MS,
    script: (stage) => {
      scheduleJobs(stage, { ...options, priceMax }, random);
      scheduleWhims(stage, random);
      letOwnersAct(stage.world, random("owners"));
    },
    encore: ({ payer }) => [payer.submit(plainPlan(options.jobs + 1, priceMax))],
    epilogue: () => [],
  });
}

function highestPrice(cast: readonly Role[]): bigint {
  let highest = 0n;
  for (const { pricePerTask } of cast) if (pricePerTask > highest) highest = pricePerTask;
  return highest;
}

function scheduleJobs(
  { world, payer }: Stage,
  { jobs, tasksMax, priceMax }: Pick<RunOptions, "jobs" | "tasksMax"> & { readonly priceMax: bigint },
  random: RandomStreams,
): void {
  const draw = random("jobs");
  for (let number = 1; number <= jobs; number += 1) {
    const plan = drawPlan(number, { tasksMax, priceMax }, draw);
    world.simulation.after(draw.below(FAULTS_MS), () => payer.submit(plan));
  }
}

// Workers that come, go, leave for ever or are drained by their owners, and a payer who wants his money back early.
function scheduleWhims({ world, payer }: Stage, random: RandomStreams): void {
  const { simulation, faults, coordinator } = world;
  const draw = random("whims");
  for (const { role, node, address } of world.workers) {
    if (role.behaviour.deserts) {
      simulation.after(draw.below(FAULTS_MS), () => {
        faults.count("desertion");
        node.crash(true);
      });
    }
    // Told to its coordinator or to itself; its next start signs a newer record and takes work again.
    if (draw.chance(1, 20)) {
      const drainAfterMs = draw.below(FAULTS_MS);
      const drain = draw.chance(1, 2)
        ? (): void => coordinator.input({ type: "workerDrained", worker: address })
        : (): void => node.input({ type: "drainRequested" });
      simulation.after(drainAfterMs, drain);
      simulation.after(drainAfterMs + 10 * SECOND_MS, () => node.crash());
    }
  }
  for (const one of payers)
    if (draw.chance(1, 3)) simulation.after(draw.below(FAULTS_MS), () => payer.closeEscrow(one));
  const flaps = random("flaps");
  const flap = (): void => {
    for (const { role, address } of world.workers) {
      if (!faults.isOn || !flaps.chance(role.behaviour.flapsPerThousand, 1_000)) continue;
      faults.count("flap");
      world.linkOf(address)?.close("worker");
    }
    if (faults.isOn) simulation.after(SECOND_MS, flap);
  };
  simulation.after(SECOND_MS, flap);
}
