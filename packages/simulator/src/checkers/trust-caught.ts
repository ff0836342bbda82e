// Only cheaters are caught, each owes the fine of its lease once, is out of the job, and what it did lately is checked again.
import type { CoordinatorFact } from "@starling/coordinator/core";
import { type Address, type LeaseId, resultDigest, type TaskId } from "@starling/protocol";
import { outputsOf, rightContent } from "../world/outputs.ts";
import type { World } from "../world/world.ts";
import type { Checker } from "./checker.ts";

type Caught = Extract<CoordinatorFact, { type: "operatorCaught" }>;
type Fine = Extract<CoordinatorFact, { type: "fineDue" }>;

/** Those whose frames are not what their cores sent. */
const FORGERS = ["turncoat", "equivocator"];

export function trustCaught(): Checker {
  const caught = new Map<LeaseId, Caught>();
  const fined = new Set<LeaseId>();
  const lastCaught = new Map<Address, number>();
  const auditedAt = new Map<TaskId, number>();
  const check = (world: World, fact: CoordinatorFact): string[] => {
    switch (fact.type) {
      case "operatorCaught":
        caught.set(fact.leaseId, fact);
        lastCaught.set(fact.operator, fact.at);
        return blameFlaws(world, fact);
      case "fineDue": {
        const isTwice = fined.has(fact.leaseId);
        fined.add(fact.leaseId);
        return [...(isTwice ? [`lease ${fact.leaseId} is fined twice`] : []), ...fineFlaws(world, fact, caught)];
      }
      case "auditOrdered":
        auditedAt.set(fact.taskId, fact.at);
        return [];
      case "taskSettled":
        return retroFlaws(world, fact.taskId, { lastCaught, auditedAt });
      default:
        return [];
    }
  };
  return { name: "trust-caught", afterTurn: (world, facts) => facts.flatMap((fact) => check(world, fact)) };
}

function blameFlaws({ coordinator, workers }: World, { leaseId, operator, worker, reason }: Caught): string[] {
  const { ledger } = coordinator.state;
  const lease = ledger.leases.get(leaseId);
  const task = lease === undefined ? undefined : ledger.tasks.get(lease.taskId);
  const job = task === undefined ? undefined : ledger.jobs.get(task.jobId);
  if (lease === undefined || task === undefined || job === undefined) return [`an unknown lease ${leaseId} is blamed`];
  const flaws: string[] = [];
  if (!job.banned.has(operator)) flaws.push(`operator ${operator} was caught and is still in ${job.submission.name}`);
  const name = workers.find(({ address }) => address === worker)?.role.behaviour.name ?? "";
  if (FORGERS.includes(name)) return flaws;
  // Without a referee a coalition that fills all fresh replicas can blame somebody honest: until a court has ruled, that is a claim.
  if (task.result?.by === "freshReplicas" && task.result.winners.every((id) => isLie(ledger, id))) return flaws;
  const isRight = lease.answer?.digest === resultDigest(outputsOf(rightContent(lease.taskSpec)));
  if (isRight || lease.answer === null)
    flaws.push(`${name} worker ${worker} is blamed for ${leaseId} (${reason.code}), where it was honest`);
  const isRandom = task.step === "map" && job.submission.spec.map.args.includes("nondeterministic");
  if (isRandom && name === "honest")
    flaws.push(`worker ${worker} is blamed for what a program does that is never the same`);
  return flaws;
}

function isLie({ leases }: World["coordinator"]["state"]["ledger"], leaseId: LeaseId): boolean {
  const lease = leases.get(leaseId);
  return lease !== undefined && lease.answer?.digest !== resultDigest(outputsOf(rightContent(lease.taskSpec)));
}

function fineFlaws({ coordinator }: World, fine: Fine, caught: ReadonlyMap<LeaseId, Caught>): string[] {
  const lease = coordinator.state.ledger.leases.get(fine.leaseId);
  const flaws: string[] = [];
  if (!caught.has(fine.leaseId)) flaws.push(`lease ${fine.leaseId} is fined, and nobody was caught with it`);
  if (lease?.fine !== fine.amount) flaws.push(`lease ${fine.leaseId} is fined ${fine.amount}, it named ${lease?.fine}`);
  return flaws;
}

interface Marks {
  readonly lastCaught: ReadonlyMap<Address, number>;
  readonly auditedAt: ReadonlyMap<TaskId, number>;
}

function retroFlaws({ coordinator }: World, taskId: TaskId, { lastCaught, auditedAt }: Marks): string[] {
  const { ledger } = coordinator.state;
  const task = ledger.tasks.get(taskId);
  const job = task === undefined ? undefined : ledger.jobs.get(task.jobId);
  if (task === undefined || job === undefined || task.result == null) return [];
  // A job that has ended asks nobody any more.
  if (job.state !== "running" && job.state !== "completed") return [];
  const winners = task.result.winners.flatMap((id) => ledger.leases.get(id) ?? []);
  const isCaught = ({ operator, offeredAt }: (typeof winners)[number]): boolean =>
    (lastCaught.get(operator) ?? Number.NEGATIVE_INFINITY) >= offeredAt;
  // One more look for each operator is enough, however often it is caught.
  const looks = task.audits.filter(({ cause }) => cause === "retro").length;
  if (looks >= new Set(winners.filter(isCaught).map(({ operator }) => operator)).size) return [];
  return winners.flatMap(({ operator, offeredAt, leaseId }) => {
    const at = lastCaught.get(operator);
    if (at === undefined || offeredAt > at) return [];
    const isLookedAt = (auditedAt.get(taskId) ?? 0) >= at || winners.some((other) => other.offeredAt > at);
    const isMissed = task.audits.some(({ missed }) => missed !== null);
    return isLookedAt || isMissed ? [] : [`${leaseId} of a caught operator was settled and not checked again`];
  });
}
