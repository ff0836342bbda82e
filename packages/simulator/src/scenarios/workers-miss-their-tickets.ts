// Everybody dies when the job is done and before its tickets are opened; only the journals remember who answered what.
import type { World } from "../world/world.ts";
import { job, type Scenario, staked, uncompleted } from "./scenario.ts";

/** How many tickets were missing when everybody died. */
const missed = new WeakMap<World, number>();

/** Kept sets whose tickets were not shown. */
function missing({ workers }: World): number {
  const shown = workers.flatMap(({ node }) => [...node.state.ledger.shown.values()]);
  return shown.filter(({ opened }) => opened !== true).length;
}

export const workersMissTheirTickets: Scenario = {
  about:
    "workers that were away when the lottery was opened are shown all of it when they are back, by a coordinator that was killed too",
  cast: [0, 1, 2, 3].map((index) => staked(index)),
  script: ({ payer, world, onFact }) => {
    const trust = { replicas: 1, auditPpm: 300_000, distinct: ["operator"], valueTimes: 0, compare: {} } as const;
    payer.submit(job(1, { tasks: 20, trust, hasReduce: true, budgetTimes: 4n }));
    onFact((fact) => {
      if (fact.type !== "jobCompleted") return;
      missed.set(world, missing(world));
      for (const { node } of world.workers) node.crash();
      world.coordinator.crash();
    });
  },
  epilogue: (stage) => [
    ...uncompleted(stage),
    ...((missed.get(stage.world) ?? 0) > 0 ? [] : ["nobody missed a ticket"]),
    ...(missing(stage.world) > 0 ? [`${missing(stage.world)} tickets were never shown`] : []),
  ],
};
