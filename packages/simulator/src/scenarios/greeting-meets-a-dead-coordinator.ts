// The coordinator dies while greetings are under way to it.
import { job, role, type Scenario } from "./scenario.ts";

export const greetingMeetsADeadCoordinator: Scenario = {
  about: "a worker whose greeting is lost with the coordinator dials again, and hears how its old leases ended",
  cast: [role(0), role(1), role(2)],
  script: ({ payer, world }) => {
    payer.submit(job(1));
    for (let i = 1; i <= 60; i += 1) world.simulation.after(i * 700, () => world.coordinator.crash());
  },
};
