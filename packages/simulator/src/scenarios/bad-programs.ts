// Programs that fail wherever they run, or give another result each time.
import { job, role, type Scenario } from "./scenario.ts";

export const badPrograms: Scenario = {
  about:
    "a program that always fails is poison, one that is never the same is nondeterministic; nobody is blamed for either",
  cast: [role(0), role(1), role(2), role(3), role(4), role(5)],
  script: ({ payer }) => {
    payer.submit(job(1, { program: "poison", budgetTimes: 4n }));
    payer.submit(job(2, { program: "nondeterministic", budgetTimes: 4n }));
  },
  epilogue: ({ world }) => {
    const jobs = [...world.coordinator.state.ledger.jobs.values()];
    const found = jobs.flatMap(({ submission, state, reason, banned }) => {
      const isBlamed = banned.size > 0 ? [`${submission.name} blames ${banned.size} operators`] : [];
      return state === "failed" ? isBlamed : [`${submission.name} is ${state} (${reason?.code ?? ""})`];
    });
    const codes = jobs.map(({ reason }) => reason?.code).join();
    return codes === "poison,nondeterministic" ? found : [...found, `the reasons are ${codes}`];
  },
};
