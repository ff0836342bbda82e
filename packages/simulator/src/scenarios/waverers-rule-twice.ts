// A coalition fills the fresh replicas of a task twice, and says the opposite the second time; in between one of them is caught elsewhere.
import { waverer } from "../behaviours/waverer.ts";
import type { Findings } from "../checkers/checker.ts";
import type { Stage } from "../play.ts";
import { payerAddress, payers } from "../world/records.ts";
import { fired, job, price, referee, type Scenario, staked } from "./scenario.ts";

/** Two first answers, three fresh ones, one that looks at them again, three more, and some to spare. */
const WAVERERS = 12;
/** Of the job without a referee. */
const TASKS = 3;

const judged = payers.find((address) => address !== payerAddress) ?? payerAddress;

function rulings({ world }: Stage): Findings {
  const { jobs, tasks, leases } = world.coordinator.state.ledger;
  const [one] = [...jobs.values()].filter(({ payer }) => payer === judged);
  if (one?.state !== "failed" || one.reason?.code !== "disputed" || !one.reason.message.includes("ruled before"))
    return [`the job is ${one?.state ?? "unknown"} (${one?.reason?.message ?? ""})`];
  // Whoever was blamed was so by the first ruling: at most the one whom it overruled, in each task.
  const blamed = [...tasks.values()].filter(({ jobId }) => jobId === one.jobId);
  return blamed.flatMap(({ taskId, leases: ids }) => {
    const caught = ids.filter((id) => (leases.get(id)?.caught ?? null) !== null);
    return caught.length > 1 ? [`${caught.length} are blamed for ${taskId}`] : [];
  });
}

export const waverersRuleTwice: Scenario = {
  about: "fresh replicas that right whom others ruled against make a dispute of it, and nobody more is blamed",
  // The payer's machine asks too much for the other payer's job, so that it only decides in its own.
  cast: [
    { ...referee, pricePerTask: 4n * price },
    ...Array.from({ length: WAVERERS }, (_, index) => staked(index + 1, waverer)),
  ],
  script: ({ payer, onFact }) => {
    payer.submit(job(1, { payer: judged, tasks: TASKS, budgetTimes: 8n }));
    let isRuled = false;
    onFact((fact) => {
      if (isRuled || fact.type !== "taskAccepted" || fact.by !== "freshReplicas") return;
      isRuled = true;
      payer.submit(job(2, { tasks: 4, budgetTimes: 4n }));
    });
  },
  epilogue: (stage) => [...fired(stage, "wrongAnswer"), ...rulings(stage)],
};
