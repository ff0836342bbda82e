// Nothing is revealed before its commit set is closed, and a closed set holds commitments only; nothing late is taken.
import type { CoordinatorFact } from "@starling/coordinator/core";
import type { LeaseId } from "@starling/protocol";
import type { World } from "../world/world.ts";
import type { Checker } from "./checker.ts";

export function commitOrder(): Checker {
  const committed = new Set<LeaseId>();
  const closed = new Set<LeaseId>();
  const check = ({ coordinator }: World, fact: CoordinatorFact): string[] => {
    switch (fact.type) {
      case "leaseCommitted": {
        committed.add(fact.leaseId);
        const commitBy = coordinator.state.ledger.leases.get(fact.leaseId)?.commitBy ?? 0;
        return fact.at > commitBy ? [`the commitment of ${fact.leaseId} came ${fact.at - commitBy} ms too late`] : [];
      }
      case "commitSetClosed": {
        for (const leaseId of fact.leases) closed.add(leaseId);
        const missing = fact.leases.filter((leaseId) => !committed.has(leaseId));
        return missing.map((leaseId) => `a set was closed without the commitment of ${leaseId}`);
      }
      case "leaseRevealed":
        return closed.has(fact.leaseId) ? [] : [`the answer of ${fact.leaseId} was taken before its set was closed`];
      default:
        return [];
    }
  };
  return {
    name: "commit-order",
    afterTurn: (world, facts) => facts.flatMap((fact) => check(world, fact)),
    afterWorkerTurn: ({ index }, facts) =>
      facts.flatMap((fact) =>
        fact.type === "leaseRevealed" && !closed.has(fact.leaseId)
          ? [`worker ${index} revealed ${fact.leaseId} before its set was closed`]
          : [],
      ),
  };
}
