// The coordinator dies in the midst of paid work and never comes back; the payers want their money back as early as the contract lets them.
import type { EscrowId } from "@starling/protocol";
import { strangerAddress } from "../world/records.ts";
import type { World } from "../world/world.ts";
import { job, referee, role, type Scenario } from "./scenario.ts";

/** So many results of each job are owed for when it vanishes. */
const PAID_MIN = 2;
const PAID_SPAN = 30;
const SECOND_MS = 1_000;

export const coordinatorVanishes: Scenario = {
  about:
    "when the coordinator is gone for ever every worker gets what its vouchers say, however greedy the payer, and he the rest",
  cast: [referee, role(1), role(2), role(3), role(4), role(5)],
  faults: {
    workerCrash: 20,
    tornWrite: 300,
    crashAmidEffects: 900,
    reorg: 100,
    transactionLost: 150,
    chainDown: 100,
    clockJump: 300,
    messageLost: 10,
  },
  // Faults go on for as long as anybody has to redeem.
  lastsMs: 15 * 60_000,
  script: ({ payer, world, onFact }) => {
    // One whose allotments end first, and one whose work ends first.
    payer.submit(job(1, { tasks: 40, deadlineMs: 20 * 60_000 }));
    payer.submit(job(2, { tasks: 40, deadlineMs: 60_000, marginMs: 0, payer: strangerAddress }));
    const vanishesAt = PAID_MIN + world.random("vanishing").below(PAID_SPAN);
    const owed = new Map<EscrowId, number>();
    onFact((fact) => {
      if (fact.type === "payOwed") owed.set(fact.escrowId, (owed.get(fact.escrowId) ?? 0) + 1);
      const areBothAt = owed.size === 2 && [...owed.values()].every((count) => count >= vanishesAt);
      if (!areBothAt || !world.coordinator.isUp) return;
      world.coordinator.crash(true);
      grab(world);
    });
  },
  epilogue: ({ world }) => {
    if (!world.coordinator.hasDeserted) return ["the coordinator never vanished"];
    const redeemed = world.chain.blocks.flatMap(({ transactions }) =>
      transactions.filter(({ transaction, succeeded }) => succeeded && transaction.call.kind === "redeem"),
    );
    return redeemed.length > 0 ? [] : ["nobody redeemed"];
  },
};

// With each block everything is tried that anybody may do: take back allotments, take what is free, close.
function grab(world: World): void {
  const { chain, simulation } = world;
  for (const [escrowId, { accounts, isClosed }] of chain.contracts.escrows) {
    if (isClosed) continue;
    chain.addForeign({ kind: "reclaim", escrowId, workers: [...accounts.keys()] });
    for (const kind of ["refund", "close"] as const) chain.addForeign({ kind, escrowId });
  }
  simulation.after(SECOND_MS, () => grab(world));
}
