// What a voucher says its worker gets, and no more than it earned: also when the coordinator is gone for ever.
import type { World } from "../world/world.ts";
import type { Checker, Findings } from "./checker.ts";

/** Keeps what was promised apart from what the worker remembers of it. */
export function vouchers(): Checker {
  const promised = new Map<string, bigint>();
  return {
    name: "vouchers",
    afterWorkerTurn: ({ address }, facts) => {
      for (const fact of facts) {
        if (fact.type !== "voucherHeld") continue;
        const key = `${fact.escrowId} ${address}`;
        if (fact.cumulative > (promised.get(key) ?? 0n)) promised.set(key, fact.cumulative);
      }
      return [];
    },
    atOrphanedEnd: (world) => paidFlaws(world, promised),
  };
}

function paidFlaws({ chain, coordinator }: World, promised: ReadonlyMap<string, bigint>): Findings {
  const broken: string[] = [];
  for (const [escrowId, { accounts }] of chain.contracts.escrows) {
    const { owed } = coordinator.state.ledger.escrows.get(escrowId) ?? {};
    for (const [worker, { claimed }] of accounts) {
      const due = promised.get(`${escrowId} ${worker}`) ?? 0n;
      if (claimed < due) broken.push(`worker ${worker} holds a voucher over ${due} of ${escrowId} and got ${claimed}`);
      const earned = owed?.get(worker) ?? 0n;
      if (claimed > earned) broken.push(`worker ${worker} got ${claimed} of ${escrowId} and earned ${earned}`);
    }
  }
  return broken;
}
