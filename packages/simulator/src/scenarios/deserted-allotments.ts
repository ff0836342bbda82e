// Most workers leave for ever and take their allotments with them.
import { deserter } from "../behaviours/deserter.ts";
import { job, role, type Scenario } from "./scenario.ts";

export const desertedAllotments: Scenario = {
  about: "money that was allotted to workers who left keeps nobody from being paid and goes back to the payer",
  cast: [role(0), role(1), role(2, deserter), role(3, deserter), role(4, deserter), role(5, deserter)],
  script: ({ payer, world }) => {
    payer.submit(job(1, { tasks: 20, budgetTimes: 1n }));
    for (const { role: who, node } of world.workers)
      if (who.behaviour.deserts) world.simulation.after(5_000, () => node.crash(true));
  },
  epilogue: ({ world }) => {
    const [one] = world.coordinator.state.ledger.jobs.values();
    return one?.state === "completed" ? [] : [`the job is ${one?.state ?? "unknown"}: ${one?.reason?.message ?? ""}`];
  },
};
