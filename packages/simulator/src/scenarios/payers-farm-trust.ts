// A payer whose own machine works for him, to earn the trust of others with his own money.
import { liar } from "../behaviours/liar.ts";
import { reputationFarmer } from "../behaviours/reputation-farmer.ts";
import { strangerAddress } from "../world/records.ts";
import { fired, job, price, type Scenario, staked, uncompleted } from "./scenario.ts";

export const payersFarmTrust: Scenario = {
  about: "work for one's own money counts for nothing: no check is passed and nothing is earned by it",
  cast: [
    ...[0, 1, 2, 3, 4].map((index) => staked(index)),
    staked(5, liar),
    { operator: strangerAddress, behaviour: reputationFarmer, pricePerTask: price, stake: 100_000_000n },
  ],
  script: ({ payer }) => {
    for (let number = 1; number <= 4; number += 1)
      payer.submit(job(number, { payer: strangerAddress, tasks: 12, budgetTimes: 4n }));
  },
  epilogue: (stage) => {
    const { operators, leases } = stage.world.coordinator.state.ledger;
    const passed = [...(operators.get(strangerAddress)?.checksPassed.values() ?? [])].reduce((sum, n) => sum + n, 0);
    const own = [...leases.values()].filter(({ operator }) => operator === strangerAddress);
    const found = [...fired(stage, "farming"), ...uncompleted(stage)];
    if (passed > 0) found.push(`${passed} checks were passed for one's own money`);
    if (own.some(({ price: asked }) => asked > 0n)) found.push("a payer pays himself");
    return found;
  },
};
