// Winners are owed their price once and nobody else anything; promises stay within budgets and vouchers say what is owed.
import type { CoordinatorFact } from "@starling/coordinator/core";
import type { JobId, LeaseId } from "@starling/protocol";
import type { World } from "../world/world.ts";
import type { Checker, Findings } from "./checker.ts";

/** Keeps its own sums, so that it does not trust those of the core. */
export function money(): Checker {
  const promised = new Map<JobId, bigint>();
  const prices = new Map<LeaseId, { readonly jobId: JobId; readonly price: bigint }>();
  const owed = new Map<string, bigint>();
  const owedLeases = new Set<LeaseId>();
  const add = (jobId: JobId, change: bigint): void => void promised.set(jobId, (promised.get(jobId) ?? 0n) + change);

  const note = (world: World, fact: CoordinatorFact): string[] => {
    const { ledger } = world.coordinator.state;
    switch (fact.type) {
      case "leaseOffered": {
        const jobId = ledger.tasks.get(fact.taskId)?.jobId;
        if (jobId === undefined) return [];
        prices.set(fact.leaseId, { jobId, price: fact.price });
        add(jobId, fact.price);
        return [];
      }
      case "leaseSettled":
      case "leaseDeclined":
      case "leaseExpired":
      case "leaseRevoked":
      case "leaseFailed": {
        const held = prices.get(fact.leaseId);
        if (held !== undefined) add(held.jobId, -held.price);
        return [];
      }
      case "payOwed": {
        const key = `${fact.escrowId} ${fact.worker}`;
        owed.set(key, (owed.get(key) ?? 0n) + fact.amount);
        const held = prices.get(fact.leaseId);
        if (held !== undefined) add(held.jobId, fact.amount);
        const isTwice = owedLeases.has(fact.leaseId);
        owedLeases.add(fact.leaseId);
        const broken = isTwice ? [`lease ${fact.leaseId} is owed a second time`] : [];
        if (fact.amount !== held?.price) broken.push(`lease ${fact.leaseId} is owed ${fact.amount}, not its price`);
        return broken;
      }
      default:
        return [];
    }
  };

  return {
    name: "money",
    afterTurn: (world, facts) => [
      ...facts.flatMap((fact) => note(world, fact)),
      ...facts.flatMap((fact) => dueFlaws(world, fact, owedLeases)),
      ...overBudget(world, facts, promised),
    ],
    beforeEffect: (_world, effect) => {
      if (effect.type !== "sendVoucher") return [];
      const due = owed.get(`${effect.escrowId} ${effect.worker}`) ?? 0n;
      // A voucher may be of an earlier input of the turn: lower, but never higher.
      return effect.cumulative > 0n && effect.cumulative <= due
        ? []
        : [`a voucher says ${effect.cumulative}, owed is ${due}`];
    },
    atEnd: (world) => (world.isChainless ? bookedFlaws(world, owed) : paidFlaws(world.chain, owed)),
  };
}

// Of a task whose answers never agree everybody is paid; of all others winners alone.
function dueFlaws({ coordinator }: World, fact: CoordinatorFact, owedLeases: ReadonlySet<LeaseId>): Findings {
  const { ledger } = coordinator.state;
  const won = fact.type === "taskAccepted" ? fact.winners : settledWinners(ledger, fact);
  if (won.length > 0) {
    // Those whom no fine deters are paid with their check, or when nothing contradicts them any more.
    const areAllChecked = won.every((id) => ledger.leases.get(id)?.checked === true);
    const waits = (id: LeaseId): boolean =>
      fact.type === "taskAccepted" && areAllChecked && ledger.leases.get(id)?.state === "revealed";
    const due = won.filter((id) => !waits(id));
    const unpaid = due.filter((id) => (ledger.leases.get(id)?.price ?? 0n) > 0n && !owedLeases.has(id));
    return unpaid.map((leaseId) => `lease ${leaseId} won and is not owed its price`);
  }
  if (fact.type !== "payOwed") return [];
  const task = ledger.tasks.get(ledger.leases.get(fact.leaseId)?.taskId ?? "0x");
  if (task === undefined || task.state === "nondeterministic") return [];
  return task.result?.winners.includes(fact.leaseId) === true
    ? []
    : [`lease ${fact.leaseId} is owed pay and did not win`];
}

function settledWinners({ tasks }: World["coordinator"]["state"]["ledger"], fact: CoordinatorFact): readonly LeaseId[] {
  return fact.type === "taskSettled" ? (tasks.get(fact.taskId)?.result?.winners ?? []) : [];
}

function overBudget(
  { coordinator }: World,
  facts: readonly CoordinatorFact[],
  promised: ReadonlyMap<JobId, bigint>,
): Findings {
  const { ledger } = coordinator.state;
  const touched = new Set<JobId>();
  for (const fact of facts) {
    const task = fact.type === "leaseOffered" ? ledger.tasks.get(fact.taskId) : undefined;
    if (task !== undefined) touched.add(task.jobId);
  }
  return [...touched].flatMap((jobId) => {
    const budget = ledger.jobs.get(jobId)?.submission.order.budget ?? 0n;
    const sum = promised.get(jobId) ?? 0n;
    return sum > budget ? [`job ${jobId} has promised ${sum} of a budget of ${budget}`] : [];
  });
}

// Without a chain the books say who is owed what, and nobody is paid before the account is closed.
function bookedFlaws({ coordinator }: World, owed: ReadonlyMap<string, bigint>): Findings {
  const broken: string[] = [];
  for (const [escrowId, { owed: booked, chain }] of coordinator.state.ledger.escrows)
    for (const [worker, amount] of booked) {
      const due = owed.get(`${escrowId} ${worker}`) ?? 0n;
      const paid = chain.paid.get(worker) ?? 0n;
      if (amount !== due) broken.push(`the books owe ${worker} ${amount} of ${due} in ${escrowId}`);
      if (paid !== (chain.phase === "closed" ? due : 0n))
        broken.push(`${worker} was paid ${paid} of ${due} in ${escrowId}`);
    }
  return broken;
}

function paidFlaws(chain: World["chain"], owed: ReadonlyMap<string, bigint>): Findings {
  const broken: string[] = [];
  const seen = new Set<string>();
  for (const [escrowId, escrow] of chain.contracts.escrows) {
    for (const [worker, { claimed }] of escrow.accounts) {
      const key = `${escrowId} ${worker}`;
      seen.add(key);
      const due = owed.get(key) ?? 0n;
      const isExcused =
        claimed < due && (gaveBackLate(chain, { escrowId, worker, deadline: escrow.deadline }) || lostLate(chain, key));
      if (claimed !== due && !isExcused) broken.push(`worker ${worker} was paid ${claimed} of ${due} from ${escrowId}`);
    }
  }
  for (const [key, due] of owed)
    if (!seen.has(key) && due > 0n && !lostLate(chain, key)) broken.push(`${key} has no account and is owed ${due}`);
  return broken;
}

/** Time enough to allot again what a worker gave back. */
const ALLOT_SECONDS = 120;

// Who gives its allotment back when the escrow is about to end has itself to blame if nothing is left to be paid from.
function gaveBackLate(
  { returns }: World["chain"],
  { escrowId, worker, deadline }: { readonly escrowId: string; readonly worker: string; readonly deadline: number },
): boolean {
  return returns.some(
    (one) => one.escrowId === escrowId && one.worker === worker && one.atSeconds + ALLOT_SECONDS > deadline,
  );
}

// What a deep reorg takes from an escrow that is about to end can't be brought back: the contract allots no more.
function lostLate({ takenBack }: World["chain"], key: string): boolean {
  return takenBack.some(
    ({ escrowId, worker, atSeconds, deadline }) =>
      `${escrowId} ${worker}` === key && atSeconds + ALLOT_SECONDS > deadline,
  );
}
