// A liar among honest workers, with the payer's own machine at hand.
import { liar } from "../behaviours/liar.ts";
import { workerAt } from "../world/records.ts";
import { job, referee, role, type Scenario } from "./scenario.ts";

export const liarAndReferee: Scenario = {
  about: "on a mismatch the referee decides: the job completes, and the liar is out of it and unpaid for its lies",
  cast: [referee, role(1), role(2, liar)],
  script: ({ payer }) => {
    payer.submit(job(1));
  },
  epilogue: ({ world }) => {
    const [one] = world.coordinator.state.ledger.jobs.values();
    if (one === undefined) return ["there is no job"];
    const found: string[] = [];
    if (!one.banned.has(world.workers[2]?.role.operator ?? "0x")) found.push("the liar is still in the job");
    if (one.banned.size !== 1) found.push(`${one.banned.size} operators are out of the job`);
    const account = world.chain.contracts.escrows.get(one.escrowId)?.accounts.get(workerAt(2));
    let earned = 0n;
    for (const { worker, verdict, price } of world.coordinator.state.ledger.leases.values())
      if (worker === workerAt(2) && verdict === "accepted") earned += price;
    if ((account?.claimed ?? 0n) !== earned) found.push(`the liar was paid ${account?.claimed}, not ${earned}`);
    return found;
  },
};
