// A payer whose program gives another result on each machine, to have workers fined.
import { fired, job, referee, type Scenario, staked } from "./scenario.ts";

export const programsOfTheMachine: Scenario = {
  about: "nobody is blamed for what a payer's program makes of his machine, with a referee and without one",
  cast: [referee, ...[1, 2, 3, 4, 5, 6].map((index) => staked(index))],
  script: ({ payer, world }) => {
    for (const [i, trust] of (["spot", "quorum", "strong"] as const).entries())
      payer.submit(job(i + 1, { trust, program: "machineDependent", tasks: 6, budgetTimes: 6n }));
    world.simulation.after(30_000, () => world.workers[0]?.node.crash(true));
    world.simulation.after(31_000, () => {
      payer.submit(job(4, { trust: "quorum", program: "machineDependent", tasks: 6, budgetTimes: 6n }));
    });
  },
  epilogue: (stage) => {
    const jobs = [...stage.world.coordinator.state.ledger.jobs.values()];
    const found = jobs.flatMap(({ submission, banned }) =>
      banned.size > 0 ? [`${submission.name} blames ${banned.size} operators`] : [],
    );
    const codes = new Set(jobs.map(({ reason }) => reason?.code));
    if (!codes.has("nondeterministic")) found.push(`the reasons are ${[...codes].join()}`);
    return [...found, ...fired(stage, "machineDependence")];
  },
};
