// Every frame arrives twice, half of them late.
import { job, referee, role, type Scenario } from "./scenario.ts";

export const everythingTwice: Scenario = {
  about: "frames that arrive twice and out of order change nothing a second time",
  cast: [referee, role(1), role(2), role(3)],
  faults: { messageDuplicated: 1_000, messageReordered: 500 },
  script: ({ payer }) => {
    payer.submit(job(1, { hasReduce: true, repeats: true }));
  },
  epilogue: ({ world }) => {
    const [one] = world.coordinator.state.ledger.jobs.values();
    return one?.state === "completed" ? [] : [`the job is ${one?.state ?? "unknown"}`];
  },
};
