// Stake on the chain itself: nothing is pledged beyond it or beyond what an owner permits, fines stand on confirmed pledges, and none is left behind.
import type { CoordinatorFact } from "@starling/coordinator/core";
import type { EscrowId, LeaseId } from "@starling/protocol";
import type { WorkerFact } from "@starling/worker-node/core";
import { pledgeKey } from "../world/stake-rules.ts";
import type { VirtualWorker } from "../world/virtual-worker.ts";
import type { World } from "../world/world.ts";
import type { Checker, Findings } from "./checker.ts";

type Offered = Extract<CoordinatorFact, { type: "leaseOffered" }>;
type Signed = Extract<WorkerFact, { type: "pledgeSigned" }>;

const LOST = ["declined", "expired", "revoked", "failed"];

interface Sums {
  /** Leases with a fine, by escrow and operator. */
  readonly fined: Map<string, Set<LeaseId>>;
  /** The most that each operator ever had pledged to each escrow. */
  readonly highest: Map<string, bigint>;
}

/** Looks at blocks as they come, and keeps the sums of what workers signed. */
export function pledges(): Checker {
  const sums: Sums = { fined: new Map(), highest: new Map() };
  const signed: SignedByWorker = new Map();
  let looked: unknown = null;
  const look = (world: World): Findings => {
    const { registry } = world.chain.contracts;
    if (looked === registry) return [];
    looked = registry;
    return stakeFlaws(registry, sums.highest);
  };
  return {
    name: "pledges",
    afterTurn: (world, facts) => [
      ...look(world),
      ...facts.flatMap((fact) => (fact.type === "leaseOffered" ? offerFlaws(world, fact, sums) : [])),
    ],
    afterWorkerTurn: (worker, facts) =>
      facts.flatMap((fact) => (fact.type === "pledgeSigned" ? signFlaws(worker, fact, signed) : [])),
    atEnd: (world) => [...look(world), ...leftovers(world)],
  };
}

function stakeFlaws(
  { stakes, pledges }: World["chain"]["contracts"]["registry"],
  highest: Map<string, bigint>,
): Findings {
  const sums = new Map<string, bigint>();
  for (const [key, { operator, amount }] of pledges) {
    sums.set(operator, (sums.get(operator) ?? 0n) + amount);
    if (amount > (highest.get(key) ?? 0n)) highest.set(key, amount);
  }
  return [...stakes].flatMap(([operator, { stake, pledged }]) =>
    pledged <= stake && pledged === (sums.get(operator) ?? 0n)
      ? []
      : [`${operator} has pledged ${pledged} of ${stake}`],
  );
}

// Only leases that are surely not settled are counted, against the most that was ever pledged: no doubt, no finding.
function offerFlaws({ coordinator }: World, fact: Offered, { fined, highest }: Sums): Findings {
  const { ledger } = coordinator.state;
  const escrowId = ledger.leases.get(fact.leaseId)?.escrowId;
  if (escrowId === undefined || fact.fine === 0n) return [];
  const key = pledgeKey(escrowId, fact.operator);
  const mine = fined.get(key) ?? new Set();
  fined.set(key, mine.add(fact.leaseId));
  let sum = 0n;
  for (const leaseId of mine) {
    const lease = ledger.leases.get(leaseId);
    const task = lease === undefined ? undefined : ledger.tasks.get(lease.taskId);
    if (lease === undefined || task === undefined || LOST.includes(lease.state) || task.settledAt !== null) {
      mine.delete(leaseId);
      continue;
    }
    const isProvisional = task.result?.winners.includes(leaseId) === true;
    if (lease.state !== "settled" || isProvisional) sum += lease.fine;
  }
  const pledged = highest.get(key) ?? 0n;
  return sum <= pledged ? [] : [`${fact.operator} stands for fines of ${sum}, and never pledged more than ${pledged}`];
}

type SignedByWorker = Map<
  string,
  Map<EscrowId, { readonly total: bigint; readonly added: bigint; readonly ends: number }>
>;

// What signatures can tie up at most, whoever submits them and when.
function signFlaws(worker: VirtualWorker, fact: Signed, signed: SignedByWorker): Findings {
  const { order, before, standing, over, at } = fact;
  const { policy } = worker.node.state.config;
  const mine = signed.get(worker.address) ?? new Map();
  signed.set(worker.address, mine);
  const known = mine.get(order.escrowId) ?? { total: 0n, added: 0n };
  const base = known.total > before ? known.total : before;
  const pending = known.total > before ? known.total - before : 0n;
  const tied = known.added < standing + pending ? known.added : standing + pending;
  const added = tied + (order.total > base ? order.total - base : 0n);
  const total = order.total > known.total ? order.total : known.total;
  mine.set(order.escrowId, { total, added, ends: order.releaseBySeconds * 1_000 });
  let sum = 0n;
  for (const other of over) mine.delete(other);
  for (const one of mine.values()) if (one.ends > at) sum += one.added;
  const flaws: string[] = [];
  if (order.operator !== worker.role.operator) flaws.push(`worker ${worker.index} pledges another's stake`);
  if (added > policy.pledgePerEscrow) flaws.push(`worker ${worker.index} pledges ${added} to one escrow`);
  if (sum > policy.pledgeInAll) flaws.push(`worker ${worker.index} pledges ${sum} in all`);
  return flaws;
}

function leftovers({ chain }: World): Findings {
  const { registry } = chain.contracts;
  return [...registry.pledges].flatMap(([key, { amount }]) =>
    amount === 0n ? [] : [`${amount} is still pledged: ${key}`],
  );
}
