// Two workers of one operator agree on a lie.
import { accomplice } from "../behaviours/accomplice.ts";
import { operatorAt } from "../world/records.ts";
import { job, price, role, type Scenario } from "./scenario.ts";

const ring = { operator: operatorAt(9), behaviour: accomplice, pricePerTask: price };

export const oneOperatorTwice: Scenario = {
  about: "two workers of one operator never answer the same task, so that their common lie meets an honest answer",
  cast: [role(0), role(1), role(2), role(3), ring, ring],
  script: ({ payer }) => {
    payer.submit(job(1));
  },
  epilogue: ({ world }) => (world.faults.fired.collusion > 0 ? [] : ["nobody lied, so nothing was shown"]),
};
