// However often a frame is sent, each lease is committed, revealed and settled at most once, and by its own worker.
import type { CoordinatorFact } from "@starling/coordinator/core";
import type { Checker } from "./checker.ts";

const ONCE: readonly CoordinatorFact["type"][] = [
  "leaseAccepted",
  "leaseCommitted",
  "leaseRevealed",
  "leaseSettled",
  "leaseDeclined",
  "leaseFailed",
  "leaseEquivocated",
];

export function trustOnce(): Checker {
  const seen = new Set<string>();
  return {
    name: "trust-once",
    afterTurn: (_world, facts) =>
      facts.flatMap((fact) => {
        if (!ONCE.includes(fact.type) || !("leaseId" in fact)) return [];
        const key = `${fact.type} ${fact.leaseId}`;
        if (seen.has(key)) return [`${key} happened twice`];
        seen.add(key);
        return [];
      }),
  };
}
