// A swarm of liars with nothing at stake, on a budget that holds a check for a part of its answers.
import { liar } from "../behaviours/liar.ts";
import { fired, job, referee, role, type Scenario, staked, uncompleted } from "./scenario.ts";

const STRANGERS = 12;

export const swarmOnTheLeastBudget: Scenario = {
  about:
    "operators without a pledge get no more of a job than what there is money to check, and none of their lies settles",
  cast: [
    referee,
    ...[1, 2, 3].map((index) => staked(index)),
    ...Array.from({ length: STRANGERS }, (_, i) => role(4 + i, liar)),
  ],
  script: ({ payer }) => payer.submit(job(1, { trust: "spot", tasks: 220, budgetTimes: 1n })),
  epilogue: (stage) => {
    const { faults, coordinator } = stage.world;
    const found = [...fired(stage, "wrongAnswer"), ...uncompleted(stage)];
    for (const task of coordinator.state.ledger.tasks.values()) {
      // A later look for want of trust in whoever was caught is another thing.
      const isMissed = task.audits.length > 0 && task.audits.every(({ missed }) => missed !== null);
      const fines = task.result?.winners.map((id) => coordinator.state.ledger.leases.get(id)?.fine ?? 0n) ?? [];
      if (isMissed && fines.every((fine) => fine === 0n)) found.push(`nobody checked ${task.taskId}`);
    }
    return faults.fired.wrongSettled > 0 ? [...found, `${faults.fired.wrongSettled} lies were settled`] : found;
  },
};
