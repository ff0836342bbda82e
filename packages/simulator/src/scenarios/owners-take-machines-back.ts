// Owners want their machines back amid leases, with notice and without, again and again.
import type { CoordinatorFact } from "@starling/coordinator/core";
import type { World } from "../world/world.ts";
import { job, role, type Scenario, uncompleted } from "./scenario.ts";

/** Machines of these workers are taken back; two others stay. */
const LENT = 4;
const TIMES = 12;
const EVERY_MS = 500;
const AWAY_MS = 1_200;
const NOTICES_MS = [0, 150, 2_000];

/** Leases that were given back, and workers that were suspended. */
interface Seen {
  givenBack: number;
  suspended: number;
}

const seenIn = new WeakMap<World, Seen>();

function note(seen: Seen, fact: CoordinatorFact): void {
  if (fact.type === "leaseFailed" && fact.reason.code === "reclaimed") seen.givenBack += 1;
  if (fact.type === "workerSuspended") seen.suspended += 1;
}

export const ownersTakeMachinesBack: Scenario = {
  about:
    "what a machine's owner takes back is done elsewhere: no task counts it as a failure, no worker is suspended or fined",
  cast: [0, 1, 2, 3, 4, 5].map((index) => role(index)),
  script: ({ payer, world, onFact }) => {
    payer.submit(job(1, { tasks: 60, budgetTimes: 3n }));
    const seen: Seen = { givenBack: 0, suspended: 0 };
    seenIn.set(world, seen);
    onFact((fact) => note(seen, fact));
    for (let i = 0; i < TIMES; i += 1) {
      const worker = world.workers[i % LENT];
      const noticeMs = NOTICES_MS[i % NOTICES_MS.length] ?? 0;
      const at = 3_000 + i * EVERY_MS;
      world.simulation.after(at, () => worker?.node.input({ type: "ownerAsked", wish: { kind: "reclaim", noticeMs } }));
      world.simulation.after(at + AWAY_MS, () => worker?.node.input({ type: "ownerAsked", wish: { kind: "resume" } }));
    }
  },
  epilogue: (stage) => {
    const { ledger } = stage.world.coordinator.state;
    const seen = seenIn.get(stage.world);
    const failed = [...ledger.tasks.values()].filter(({ failures }) => failures > 0);
    const blamed = [...ledger.workers.values()].filter(({ faults }) => faults > 0);
    return [
      ...uncompleted(stage),
      ...((seen?.givenBack ?? 0) > 0 ? [] : ["no lease was given back"]),
      ...(seen?.suspended === 0 ? [] : [`${seen?.suspended} workers were suspended`]),
      ...(failed.length === 0 ? [] : [`${failed.length} tasks count a failure`]),
      ...(blamed.length === 0 ? [] : [`${blamed.length} workers are blamed`]),
    ];
  },
};
