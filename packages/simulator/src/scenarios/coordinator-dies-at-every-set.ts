// The coordinator dies each time when a commit set is closed on disk and nobody was told.
import { job, role, type Scenario } from "./scenario.ts";

export const coordinatorDiesAtEverySet: Scenario = {
  about: "closed commit sets, verdicts and vouchers are told again after a crash that came before they left",
  cast: [role(0), role(1), role(2)],
  script: ({ payer, world, onFact }) => {
    payer.submit(job(1, { tasks: 3 }));
    const seen = new Set<string>();
    onFact((fact) => {
      if (fact.type !== "commitSetClosed" && fact.type !== "taskAccepted") return;
      const key = `${fact.type} ${fact.taskId}`;
      if (seen.has(key)) return;
      seen.add(key);
      world.coordinator.crash();
    });
  },
  epilogue: ({ world }) => {
    const [one] = world.coordinator.state.ledger.jobs.values();
    if (one?.state !== "completed") return [`the job is ${one?.state ?? "unknown"}`];
    return world.coordinator.epoch > 3 ? [] : ["the coordinator hardly died"];
  },
};
