// Each lease obeys the rules at the moment of its offer: epoch, operator, referee, price, and the money behind it.
import type { CoordinatorFact } from "@starling/coordinator/core";
import type { Address } from "@starling/protocol";
import type { World } from "../world/world.ts";
import type { Checker } from "./checker.ts";

type Offered = Extract<CoordinatorFact, { type: "leaseOffered" }>;

const LOST = new Set(["declined", "expired", "revoked", "failed"]);

export function leaseRules(): Checker {
  // A worker may come back with another price in the very turn in which it gets a lease.
  const asked = new Map<Address, bigint>();
  return {
    name: "lease-rules",
    afterTurn: (world, facts) =>
      facts.flatMap((fact) => {
        if (fact.type === "workerKnown") asked.set(fact.worker, fact.signed.record.pricePerTask);
        return fact.type === "leaseOffered" ? flawsOf(world, fact, asked) : [];
      }),
  };
}

function flawsOf(world: World, fact: Offered, asked: ReadonlyMap<Address, bigint>): string[] {
  const { coordinator, chain, faults } = world;
  const { ledger } = coordinator.state;
  const lease = ledger.leases.get(fact.leaseId);
  const task = ledger.tasks.get(fact.taskId);
  const job = task === undefined ? undefined : ledger.jobs.get(task.jobId);
  if (lease === undefined || task === undefined || job === undefined) return [`lease ${fact.leaseId} is unknown`];
  const broken: string[] = [];
  const complain = (what: string): void => void broken.push(`lease ${fact.leaseId} of ${fact.taskId} ${what}`);
  const { operator, worker, role, price } = fact;
  if (fact.epoch !== coordinator.epoch) complain(`carries epoch ${fact.epoch} in epoch ${coordinator.epoch}`);
  const others = task.leases.filter((id) => id !== fact.leaseId).flatMap((id) => ledger.leases.get(id) ?? []);
  if (others.some((other) => other.operator === operator && !LOST.has(other.state)))
    complain(`goes to an operator that answers the task already`);
  const isTrusted = operator === job.payer || job.submission.referees.includes(operator);
  if (isTrusted !== (role === "referee"))
    complain(`makes ${isTrusted ? "a referee a replica" : "a stranger a referee"}`);
  if (price !== (role === "referee" ? 0n : asked.get(worker))) complain(`has the price ${price}`);
  if (price > job.submission.perTaskMax) complain("is dearer than the job allows");
  const banned = job.banned.get(operator);
  // A ban of this very turn may come after the offer.
  if (banned !== undefined && lease.state === "offered") complain(`goes to a banned operator (${banned.code})`);
  const onChain = chain.contracts.escrows.get(lease.escrowId);
  // After a reorg deeper than the confirmations the chain may lack what it had confirmed; where there is none it has nothing.
  const isUndone = faults.fired.deepReorg > 0 || world.isChainless;
  if (price > 0n && !isUndone && onChain?.accounts.get(worker) === undefined) complain("has no allotment on chain");
  return broken;
}
