// Liars with a stake who have passed their probation, and a court: its jury finds the truth, whatever the coordinator ruled and whenever it crashed.
import { sleeperAfter } from "../behaviours/sleeper.ts";
import { coordinatorAddress } from "../world/records.ts";
import { fired, job, referee, type Scenario, staked } from "./scenario.ts";

export const finesOnAVerdict: Scenario = {
  about:
    "caught liars are disputed and fined by the court, through crashes, reorgs and a chain that is down; nobody honest loses anything",
  cast: [referee, staked(1), staked(2), staked(3), staked(4, sleeperAfter(30)), staked(5, sleeperAfter(40))],
  faults: { reorg: 80, deepReorg: 3, chainDown: 20, coordinatorCrash: 2 },
  hasCourt: true,
  script: ({ payer, world }) => {
    for (let number = 1; number <= 3; number += 1)
      world.simulation.after((number - 1) * 20_000 + 1, () =>
        payer.submit(job(number, { tasks: 60, trust: "quorum", budgetTimes: 4n })),
      );
  },
  epilogue: (stage) => {
    const { world } = stage;
    const events = world.chain.blocks.flatMap((block) => block.events);
    const found = [...fired(stage, "reorg", "chainDown")];
    if (!events.some(({ type }) => type === "workerFined")) found.push("nobody was fined");
    const fetched = new Set(
      world.chain.blocks.flatMap(({ transactions }) =>
        transactions.flatMap(({ transaction: { call, from }, succeeded }) =>
          succeeded && call.kind === "withdrawCredit" ? [from] : [],
        ),
      ),
    );
    // The coordinator for itself and its payers, and jurors for themselves.
    if (!fetched.has(coordinatorAddress) || fetched.size < 2) found.push("nobody fetched what the court kept for him");
    const honest = world.workers.filter(({ role }) => !role.behaviour.name.startsWith("sleeper"));
    for (const { role } of honest)
      if (events.some((event) => event.type === "slashed" && event.operator === role.operator))
        found.push(`${role.operator} was fined and is honest`);
    return found;
  },
};
