// Whoever went on from a checkpoint that another worker told is neither blamed nor fined for what came of it, and has nothing at stake.
import type { CoordinatorFact } from "@starling/coordinator/core";
import type { LeaseId } from "@starling/protocol";
import type { World } from "../world/world.ts";
import type { Checker, Findings } from "./checker.ts";

const BLAMES: ReadonlySet<string> = new Set(["operatorCaught", "fineDue", "fineCollected"]);

/** Second answers and false reveals are a worker's own doing, whatever it went on from. */
const OWN_DOING: ReadonlySet<string> = new Set(["turncoat", "equivocator"]);

export function checkpoints(): Checker {
  return { name: "checkpoints", afterTurn: (world, facts) => facts.flatMap((fact) => look(world, fact)) };
}

function look(world: World, fact: CoordinatorFact): Findings {
  if (fact.type === "leaseOffered") {
    const { resume, leaseId, fine, worker } = fact;
    if (resume === undefined) return [];
    const from = world.coordinator.state.ledger.leases.get(resume.from);
    if (from?.worker === worker) return [];
    const flaws = resume.isForeign ? [] : [`${leaseId} goes on from another's checkpoint as if it were its own`];
    return fine === 0n ? flaws : [...flaws, `${leaseId} goes on from another's checkpoint and has a fine of ${fine}`];
  }
  if (!BLAMES.has(fact.type) || !("leaseId" in fact)) return [];
  return isInnocent(world, fact.leaseId)
    ? [`${fact.type} of ${fact.leaseId}, which went on from another's checkpoint`]
    : [];
}

function isInnocent({ coordinator, workers }: World, leaseId: LeaseId): boolean {
  const { leases } = coordinator.state.ledger;
  const lease = leases.get(leaseId);
  if (lease?.resume === undefined || leases.get(lease.resume.from)?.worker === lease.worker) return false;
  const name = workers.find(({ address }) => address === lease.worker)?.role.behaviour.name ?? "";
  return !OWN_DOING.has(name);
}
