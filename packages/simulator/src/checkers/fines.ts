// Fines are the court's: none without a verdict, none above what was signed, none twice, none of somebody honest, and every dispute ends.
import type { CoordinatorFact } from "@starling/coordinator/core";
import { disputeIdOf, type LeaseId, resultHashOf } from "@starling/protocol";
import { rightAnswer } from "../world/court-rules.ts";
import type { World } from "../world/world.ts";
import type { Checker, Findings } from "./checker.ts";

type Collected = Extract<CoordinatorFact, { type: "fineCollected" }>;

/** Looks at what the coordinator notes, and at what the chain took. */
export function fines(): Checker {
  const collected = new Set<LeaseId>();
  const look = (world: World, fact: CoordinatorFact): Findings => {
    // A reorg takes a ruling back, and the next one is noted anew.
    if (fact.type === "chainUndone" && fact.event.type === "disputeResolved") collected.clear();
    if (fact.type !== "fineCollected") return [];
    const isTwice = collected.has(fact.leaseId);
    collected.add(fact.leaseId);
    return [...(isTwice ? [`the fine of ${fact.leaseId} is collected twice`] : []), ...collectedFlaws(world, fact)];
  };
  return {
    name: "fines",
    afterTurn: (world, facts) => facts.flatMap((fact) => look(world, fact)),
    atEnd: (world) => [...takenFlaws(world), ...unfinished(world)],
  };
}

function collectedFlaws({ coordinator, chain }: World, { leaseId, amount, escrowId }: Collected): Findings {
  const lease = coordinator.state.ledger.leases.get(leaseId);
  const answer = lease?.answer ?? null;
  if (lease === undefined || answer === null) return [`a fine is collected for ${leaseId}, which answered nothing`];
  const flaws: string[] = [];
  if (amount > answer.fine) flaws.push(`${leaseId} is fined ${amount}, it signed ${answer.fine}`);
  if (resultHashOf(lease.taskSpec, answer.digest) === rightAnswer(lease.taskSpec))
    flaws.push(`${leaseId} is fined for a right answer`);
  // What is confirmed here may be gone from the newest branch, so every block that is or was confirmed counts.
  const dispute = chain.contracts.court.disputes.get(disputeIdOf(escrowId, lease.taskSpec));
  if (dispute === undefined) flaws.push(`${leaseId} is fined, and its task was never disputed`);
  return flaws;
}

// By the chain alone: what it took of each operator's pledge to an escrow is at most what it signed for wrong answers there.
function takenFlaws({ chain, coordinator }: World): Findings {
  const signed = new Map<string, bigint>();
  for (const { escrowId, operator, taskSpec, answer } of coordinator.state.ledger.leases.values()) {
    if (answer === null || resultHashOf(taskSpec, answer.digest) === rightAnswer(taskSpec)) continue;
    const key = `${escrowId} ${operator}`;
    signed.set(key, (signed.get(key) ?? 0n) + answer.fine);
  }
  const taken = new Map<string, bigint>();
  for (const event of chain.blocks.flatMap(({ events }) => events)) {
    if (event.type !== "slashed") continue;
    const key = `${event.escrowId} ${event.operator}`;
    taken.set(key, (taken.get(key) ?? 0n) + event.amount);
  }
  return [...taken].flatMap(([key, amount]) =>
    amount <= (signed.get(key) ?? 0n) ? [] : [`${key} lost ${amount}, and signed ${signed.get(key) ?? 0n}`],
  );
}

// Nothing stays open on the chain, and what is owed has an end in the books: taken, or a reason why not.
function unfinished({ chain, coordinator }: World): Findings {
  const { escrows } = coordinator.state.ledger;
  const found: string[] = [];
  for (const [disputeId, { outcome }] of chain.contracts.court.disputes)
    if (outcome === null) found.push(`dispute ${disputeId} was never resolved`);
  for (const { finesDue } of escrows.values())
    for (const { leaseId, outcome } of finesDue.values())
      if (outcome === null) found.push(`nothing became of the fine of ${leaseId}`);
  return found;
}
