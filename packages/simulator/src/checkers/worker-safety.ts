// A worker works only on credit that the chain had confirmed, and never believes to have earned more than it is owed.
import type { Checker } from "./checker.ts";

export function workerSafety(): Checker {
  return {
    name: "worker-safety",
    afterWorkerTurn: (worker, facts) => {
      const broken: string[] = [];
      for (const fact of facts) {
        if (fact.type !== "leaseAccepted" || fact.lease.price === 0n) continue;
        const { escrowId } = fact.lease;
        let exposed = worker.node.state.ledger.earned.get(escrowId) ?? 0n;
        // A credit limit is about what no voucher covers; an allotment is about all pay.
        if (worker.isChainless) exposed -= worker.node.state.ledger.vouchers.get(escrowId)?.cumulative ?? 0n;
        for (const { lease } of worker.node.state.ledger.leases.values())
          if (lease.escrowId === escrowId) exposed += lease.price;
        const { creditLimit } = worker.node.state.config.policy;
        const limit = worker.isChainless ? creditLimit : (worker.highestConfirmed.get(escrowId) ?? 0n);
        if (exposed > limit)
          broken.push(`worker ${worker.index} works for ${exposed} in ${escrowId}, confirmed are ${limit}`);
      }
      return broken;
    },
    atEnd: ({ coordinator, workers }) =>
      workers.flatMap(({ index, address, node }) =>
        [...node.state.ledger.earned].flatMap(([escrowId, earned]) => {
          const owed = coordinator.state.ledger.escrows.get(escrowId)?.owed.get(address) ?? 0n;
          return earned > owed ? [`worker ${index} believes in ${earned} and is owed ${owed}`] : [];
        }),
      ),
  };
}
