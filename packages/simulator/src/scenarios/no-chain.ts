// A fleet of one owner without a chain: the same jobs, verdicts and books, and no block that anybody waits for.
import { ledgerView, receiptBody, receiptMaterial } from "@starling/coordinator/core";
import { liar } from "../behaviours/liar.ts";
import { domain, networkId, payerAddress } from "../world/records.ts";
import { earnedBy, job, referee, role, type Scenario, uncompleted } from "./scenario.ts";

/** When the owner says that he has paid everybody, after his jobs. */
const closesAfterMs = 1_000;

export const noChain: Scenario = {
  about:
    "without a chain jobs complete, liars are out and unpaid, the books say who is owed what, and an account ends when its owner closes it",
  chainless: true,
  cast: [referee, role(1), role(2), role(3), role(4, liar)],
  faults: { messageLost: 20, workerCrash: 3, coordinatorCrash: 4 },
  script: ({ world, payer, onFact }) => {
    const first = [1, 2].map((number) => payer.submit(job(number)));
    onFact((fact) => {
      // The next job opens an account of its own, which nobody closes.
      if (fact.type === "chainConfirmed" && fact.event.type === "escrowClosed") payer.submit(job(3));
      if (fact.type !== "jobCompleted" || !first.includes(fact.jobId)) return;
      const { jobs } = world.coordinator.state.ledger;
      if (!first.every((jobId) => jobs.get(jobId)?.state === "completed")) return;
      world.simulation.after(closesAfterMs, () => payer.closeEscrow(payerAddress));
    });
  },
  epilogue: (stage) => {
    const { state } = stage.world.coordinator;
    const { escrows, differences } = ledgerView(state);
    const found = [...uncompleted(stage), ...differences];
    const [closed, open] = escrows;
    if (closed?.phase !== "closed" || open?.phase !== "open")
      found.push(`the accounts are ${escrows.map(({ phase }) => phase)}`);
    if (closed !== undefined && closed.paid !== closed.owed)
      found.push(`${closed.paid} of ${closed.owed} was paid at the end`);
    if (open !== undefined && (open.owed === 0n || open.paid > 0n))
      found.push("nobody is owed anything, or was paid by nobody");
    if (stage.world.chain.contracts.escrows.size > 0) found.push("somebody asked the chain");
    for (const jobId of state.ledger.jobs.keys()) {
      const material = receiptMaterial(state, jobId);
      if (material === null) continue;
      const { batches } = receiptBody(state, material, { networkId, domain, issuedAt: 0 });
      if (batches.length === 0 || batches.some(({ signed, place }) => signed === null || place !== null))
        found.push(`the receipt of ${jobId} is not signed, or says that a chain has it`);
    }
    if ([1, 2, 3].every((index) => earnedBy(stage, index) === 0n)) found.push("nobody has earned anything");
    return found;
  },
};
