// A budget without slack, and liars that make more replicas necessary than it pays.
import { liar } from "../behaviours/liar.ts";
import { job, role, type Scenario } from "./scenario.ts";

export const tightBudget: Scenario = {
  about: "leases of several tasks that are made in one turn never promise more than the budget in sum",
  cast: [role(0, liar), role(1, liar), role(2), role(3), role(4), role(5), role(6), role(7)],
  script: ({ payer }) => {
    for (let i = 1; i <= 3; i += 1) payer.submit(job(i, { tasks: 8, budgetTimes: 1n }));
  },
};
