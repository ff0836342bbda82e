// A world without daemons, for tests of the virtual parts.
import { keyFromSeed, randomStreams } from "@starling/kernel";
import { type FaultPlan, Faults, noFaults } from "../../src/fault-plan.ts";
import { Simulation } from "../../src/simulation.ts";

/** Time, chance and faults from a seed. */
export function bareWorld(plan: Partial<FaultPlan> = {}, seed = 1) {
  const random = randomStreams(keyFromSeed(seed));
  const simulation = new Simulation({ startAt: 1_700_000_000_000, eventsMax: 1_000_000 });
  const faults = new Faults({ ...noFaults, ...plan }, random("faults"));
  return { simulation, faults, random: random("world") };
}
