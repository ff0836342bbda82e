// Workers that sign two commitments for one lease.
import { equivocator } from "../behaviours/equivocator.ts";
import { fired, job, type Scenario, staked, uncompleted } from "./scenario.ts";

export const equivocatorsAreCaught: Scenario = {
  about: "who commits twice to different answers is out of the job",
  cast: [staked(0), staked(1), staked(2), staked(3), staked(4, equivocator), staked(5, equivocator)],
  script: ({ payer }) => {
    for (let number = 1; number <= 3; number += 1) payer.submit(job(number, { tasks: 20, budgetTimes: 4n }));
  },
  epilogue: (stage) => {
    const { leases, jobs } = stage.world.coordinator.state.ledger;
    const seen = [...leases.values()].filter(({ equivocation }) => equivocation !== undefined);
    const free = seen.filter(({ jobId, operator }) => jobs.get(jobId)?.banned.has(operator) !== true);
    const found = [...fired(stage, "equivocation"), ...uncompleted(stage)];
    if (seen.length === 0) found.push("no second commitment was seen");
    return [...found, ...free.map(({ operator }) => `${operator} committed twice and is still in the job`)];
  },
};
