// Workers give their allotments back again and again while they work.
import { job, role, type Scenario } from "./scenario.ts";

export const allotmentsReturned: Scenario = {
  about: "who gives its allotment back is still paid what it has earned, as long as the escrow has the money",
  cast: [role(0), role(1), role(2)],
  faults: { allotmentReturned: 200 },
  script: ({ payer, world }) => {
    for (let i = 1; i <= 3; i += 1) world.simulation.after(i * 9_000, () => payer.submit(job(i)));
  },
  epilogue: ({ world }) => (world.faults.fired.allotmentReturned > 0 ? [] : ["no allotment was given back"]),
};
