// Workers that look at the closed set before they decide to reveal.
import { lastRevealer } from "../behaviours/last-revealer.ts";
import { fired, job, type Scenario, staked, uncompleted } from "./scenario.ts";

export const lastRevealers: Scenario = {
  about: "what a worker keeps back after it saw the set is not paid, and draws are what they were",
  cast: [...[0, 1, 2, 3, 4].map((index) => staked(index)), ...[5, 6, 7].map((index) => staked(index, lastRevealer))],
  script: ({ payer }) => {
    payer.submit(job(1, { tasks: 40, budgetTimes: 3n }));
    payer.submit(job(2, { tasks: 60, trust: "spot", budgetTimes: 4n }));
  },
  epilogue: (stage) => {
    const leases = [...stage.world.coordinator.state.ledger.leases.values()];
    const paid = leases.filter(({ answer, verdict }) => answer === null && verdict === "accepted");
    const found = [...fired(stage, "revealWithheldBySet"), ...uncompleted(stage)];
    return [...found, ...paid.map(({ leaseId }) => `${leaseId} was never revealed and is accepted`)];
  },
};
