// An operator's fines on results that are not settled never exceed its pledge; whoever has too little, or is new, is checked.
import type { CoordinatorFact } from "@starling/coordinator/core";
import { type Address, fineOf, type LeaseId, trustTerms } from "@starling/protocol";
import type { World } from "../world/world.ts";
import type { Checker } from "./checker.ts";

type Offered = Extract<CoordinatorFact, { type: "leaseOffered" }>;
type Accepted = Extract<CoordinatorFact, { type: "taskAccepted" }>;

const LOST = ["declined", "expired", "revoked", "failed"];
/** Tasks that ended without a result. */
const NOTHING_STANDS = ["nondeterministic", "disputed", "poison", "cancelled"];
/** As the design has it. */
const PROBATION_CHECKS = 20;

/** Keeps its own sums and counts. */
export function trustAdmission(): Checker {
  const held = new Map<string, Set<LeaseId>>();
  const passed = new Map<Address, Set<LeaseId>>();
  const check = (world: World, fact: CoordinatorFact): string[] => {
    switch (fact.type) {
      case "leaseOffered":
        return offerFlaws(world, fact, { held, passed });
      case "taskAccepted":
        countChecks(world, fact, passed);
        return [];
      case "operatorCaught":
        passed.delete(fact.operator);
        return [];
      default:
        return [];
    }
  };
  return { name: "trust-admission", afterTurn: (world, facts) => facts.flatMap((fact) => check(world, fact)) };
}

interface Sums {
  /** Leases with a fine, by escrow and operator. */
  readonly held: Map<string, Set<LeaseId>>;
  /** Leases whose answer agreed with one of another operator. */
  readonly passed: ReadonlyMap<Address, ReadonlySet<LeaseId>>;
}

function offerFlaws(world: World, fact: Offered, { held, passed }: Sums): string[] {
  const { coordinator, faults } = world;
  const { ledger } = coordinator.state;
  const lease = ledger.leases.get(fact.leaseId);
  const job = lease === undefined ? undefined : ledger.jobs.get(lease.jobId);
  const escrow = lease === undefined ? undefined : ledger.escrows.get(lease.escrowId);
  if (lease === undefined || job === undefined || escrow === undefined || fact.role === "referee") return [];
  const flaws: string[] = [];
  const terms = trustTerms(job.submission.spec.trust);
  const isChecked = fact.checked === true;
  // Nobody is fined where there is no stake.
  if (world.isChainless && fact.fine > 0n) flaws.push(`lease ${fact.leaseId} names a fine that nobody could take`);
  if (!world.isChainless && fact.fine < fineOf(terms, fact.price) && !isChecked)
    flaws.push(`lease ${fact.leaseId} has a fine of ${fact.fine} only and is not checked`);
  if ((passed.get(fact.operator)?.size ?? 0) < PROBATION_CHECKS && !isChecked)
    flaws.push(`lease ${fact.leaseId} of the newcomer ${fact.operator} is not checked`);
  const key = `${lease.escrowId}/${fact.operator}`;
  const mine = held.get(key) ?? new Set();
  held.set(key, mine.add(fact.leaseId));
  let sum = 0n;
  for (const leaseId of mine) {
    const one = ledger.leases.get(leaseId);
    const task = one === undefined ? undefined : ledger.tasks.get(one.taskId);
    const isOver = task === undefined || task.settledAt !== null || NOTHING_STANDS.includes(task.state);
    const isDone = isOver || one === undefined || LOST.includes(one.state);
    if (isDone && one?.caught == null) mine.delete(leaseId);
    else sum += one?.fine ?? 0n;
  }
  const pledged = escrow.chain.pledges.get(fact.operator) ?? 0n;
  // A deep reorg takes back what was confirmed, and leases that stood on it remain.
  if (sum > pledged && fact.fine > 0n && faults.fired.deepReorg === 0)
    flaws.push(`operator ${fact.operator} stands for ${sum} in ${lease.escrowId} and has pledged ${pledged}`);
  return flaws;
}

function countChecks({ coordinator }: World, { winners }: Accepted, passed: Map<Address, Set<LeaseId>>): void {
  const leases = winners.flatMap((id) => coordinator.state.ledger.leases.get(id) ?? []);
  if (new Set(leases.map(({ operator }) => operator)).size < 2) return;
  for (const { operator, leaseId, role } of leases)
    if (role === "replica") passed.set(operator, (passed.get(operator) ?? new Set<LeaseId>()).add(leaseId));
}
