// Who gave right answers that counted is paid exactly that; who lied is not paid for it; the payer gets the rest.
import type { CoordinatorFact } from "@starling/coordinator/core";
import type { Address } from "@starling/protocol";
import type { Checker } from "./checker.ts";

/** Sums what was owed by its facts and compares it with the chain. */
export function exactPay(): Checker {
  const owed = new Map<Address, bigint>();
  const owedByEscrow = new Map<string, bigint>();
  const winners = new Set<string>();
  const note = (fact: CoordinatorFact): string[] => {
    if (fact.type === "taskAccepted") for (const lease of fact.winners) winners.add(lease);
    if (fact.type !== "payOwed") return [];
    owed.set(fact.worker, (owed.get(fact.worker) ?? 0n) + fact.amount);
    owedByEscrow.set(fact.escrowId, (owedByEscrow.get(fact.escrowId) ?? 0n) + fact.amount);
    return [];
  };
  return {
    name: "exact-pay",
    afterTurn: ({ state, chain }, facts) => {
      const broken = facts.flatMap(note);
      for (const fact of facts) {
        // Of a task whose answers never agree everybody is paid; of all others winners alone.
        if (fact.type !== "payOwed" || winners.has(fact.leaseId)) continue;
        const lease = state.ledger.leases.get(fact.leaseId);
        const task = lease === undefined ? undefined : state.ledger.tasks.get(lease.taskId);
        if (task !== undefined && task.state !== "nondeterministic")
          broken.push(`lease ${fact.leaseId} is paid but did not win`);
      }
      for (const escrow of chain.contracts.escrows.values()) {
        for (const [worker, account] of escrow.accounts) {
          if (account.claimed > (owed.get(worker) ?? 0n))
            broken.push(`worker ${worker} was paid ${account.claimed}, owed ${owed.get(worker) ?? 0n}`);
        }
      }
      return broken;
    },
    atEnd: ({ chain }) => {
      const paid = new Map<Address, bigint>();
      for (const escrow of chain.contracts.escrows.values()) {
        for (const [worker, account] of escrow.accounts) paid.set(worker, (paid.get(worker) ?? 0n) + account.claimed);
      }
      const broken: string[] = [];
      for (const [worker, amount] of owed) {
        if ((paid.get(worker) ?? 0n) !== amount)
          broken.push(`worker ${worker} is owed ${amount} and was paid ${paid.get(worker) ?? 0n}`);
      }
      return broken;
    },
  };
}
