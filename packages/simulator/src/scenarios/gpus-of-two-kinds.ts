// GPUs of two kinds, some of which vanish while they work and come back, among crashes of their machines.
import type { CoordinatorFact } from "@starling/coordinator/core";
import { gpusOf, workerAt } from "../world/records.ts";
import type { World } from "../world/world.ts";
import { job, role, type Scenario, uncompleted } from "./scenario.ts";

/** Machines with two GPUs of the one kind, then some with one of the other, then some without. */
const TWO = { count: 2, pin: 5 };
const ONE = { count: 1, pin: 6 };
const PINS = [TWO, TWO, TWO, TWO, ONE, ONE, ONE, undefined, undefined];
/** Machines whose GPUs vanish. */
const TWOS = 4;
const TIMES = 24;
/** When the money of the jobs is confirmed. */
const VANISHES_MS = 8_050;
const EVERY_MS = 100;
const LOOK_MS = 8;
const LOOKS_WITHOUT = 3;
const LOOKS = 8;

/** Attempts that a vanished GPU ended. */
const lostIn = new WeakMap<World, number>();

function note(world: World, fact: CoordinatorFact): void {
  if (fact.type === "leaseFailed" && fact.reason.code === "deviceLost") lostIn.set(world, (lostIn.get(world) ?? 0) + 1);
}

export const gpusOfTwoKinds: Scenario = {
  about:
    "answers of GPUs are compared among those of one kind alone, and what a GPU that vanishes had under way is done elsewhere",
  cast: PINS.map((gpus, index) => ({ ...role(index), ...(gpus === undefined ? {} : { gpus }) })),
  faults: { workerCrash: 1 },
  script: ({ payer, world, onFact }) => {
    onFact((fact) => note(world, fact));
    payer.submit(job(1, { tasks: 40, gpus: 1, budgetTimes: 3n }));
    payer.submit(job(2, { tasks: 12, gpus: 2, budgetTimes: 3n }));
    for (let i = 0; i < TIMES; i += 1) {
      const index = i % TWOS;
      for (let look = 0; look < LOOKS; look += 1) {
        const seen = look < LOOKS_WITHOUT ? [] : gpusOf(index, TWO);
        world.simulation.after(VANISHES_MS + i * EVERY_MS + look * LOOK_MS, () =>
          world.workers[index]?.node.input({ type: "devicesSeen", seen, reason: "simulated" }),
        );
      }
    }
  },
  epilogue: (stage) => {
    const { ledger } = stage.world.coordinator.state;
    const pinOf = (worker: string): number => PINS.find((_, index) => workerAt(index) === worker)?.pin ?? 0;
    const pins = [...ledger.tasks.values()].map(({ leases }) => {
      const answered = leases.map((leaseId) => ledger.leases.get(leaseId)).filter((lease) => lease?.answer !== null);
      return new Set(answered.map((lease) => pinOf(lease?.worker ?? "")));
    });
    const used = new Set(pins.flatMap((kinds) => [...kinds]));
    return [
      ...uncompleted(stage),
      ...pins.flatMap((kinds) => (kinds.size > 1 ? [`a task has answers of kinds ${[...kinds].join()}`] : [])),
      ...([TWO.pin, ONE.pin].every((pin) => used.has(pin)) ? [] : ["one kind of GPU never worked"]),
      ...(used.has(0) ? ["a machine without GPUs answered"] : []),
      ...((lostIn.get(stage.world) ?? 0) > 0 ? [] : ["no attempt lost its GPU"]),
    ];
  },
};
