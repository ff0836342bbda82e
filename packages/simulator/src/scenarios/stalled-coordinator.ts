// The coordinator takes no turn for so long that commitments arrive in time and are looked at too late.
import { slow } from "../behaviours/slow.ts";
import { job, role, type Scenario } from "./scenario.ts";

export const stalledCoordinator: Scenario = {
  about: "a commitment that is looked at after its deadline is not taken, even if its lease has not expired yet",
  cast: [role(0, slow), role(1, slow), role(2, slow), role(3, slow)],
  faults: { stall: 60 },
  script: ({ payer }) => {
    for (let i = 1; i <= 3; i += 1) payer.submit(job(i));
  },
};
