// The referee is asked and leaves for ever.
import { liar } from "../behaviours/liar.ts";
import { job, referee, role, type Scenario } from "./scenario.ts";

export const refereeLeaves: Scenario = {
  about: "a referee that leaves for ever after a mismatch is replaced by fresh replicas",
  cast: [referee, role(1, liar), role(2), role(3), role(4), role(5), role(6)],
  script: ({ payer, world, onFact }) => {
    payer.submit(job(1, { budgetTimes: 4n }));
    onFact((fact) => {
      if (fact.type === "mismatchFound" && fact.resolver === "referee") world.workers[0]?.node.crash(true);
    });
  },
  epilogue: ({ world }) => {
    const [one] = world.coordinator.state.ledger.jobs.values();
    return one?.state === "completed" ? [] : [`the job is ${one?.state ?? "unknown"}: ${one?.reason?.message ?? ""}`];
  },
};
