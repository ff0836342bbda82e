// What is accepted stands on enough equal answers of distinct operators, each of which opens a commitment that was made in time.
import type { CoordinatorFact } from "@starling/coordinator/core";
import { commitmentOf, type LeaseId, type TaskId } from "@starling/protocol";
import type { World } from "../world/world.ts";
import type { Checker } from "./checker.ts";

type Accepted = Extract<CoordinatorFact, { type: "taskAccepted" }>;
type Lease = World["coordinator"]["state"]["ledger"]["leases"] extends ReadonlyMap<unknown, infer L> ? L : never;

export function acceptance(): Checker {
  /** Answers that were ruled on, by task. */
  const accepted = new Map<TaskId, number>();
  return {
    name: "acceptance",
    afterTurn: (world, facts) => {
      const broken: string[] = [];
      for (const fact of facts) {
        if (fact.type !== "taskAccepted") continue;
        // An audit brings one more answer, and all are ruled on together again.
        const answers = fact.winners.length + fact.losers.length;
        if ((accepted.get(fact.taskId) ?? 0) >= answers) broken.push(`task ${fact.taskId} was accepted a second time`);
        accepted.set(fact.taskId, answers);
        broken.push(...flawsOf(world, fact));
      }
      return broken;
    },
  };
}

function flawsOf({ coordinator }: World, fact: Accepted): string[] {
  const { ledger } = coordinator.state;
  const task = ledger.tasks.get(fact.taskId);
  const job = task === undefined ? undefined : ledger.jobs.get(task.jobId);
  if (task === undefined || job === undefined) return [`accepted task ${fact.taskId} is unknown`];
  const winners = fact.winners.flatMap((leaseId) => ledger.leases.get(leaseId) ?? []);
  const broken: string[] = [];
  const complain = (what: string): void => void broken.push(`task ${fact.taskId}, accepted by ${fact.by}: ${what}`);
  if (new Set(winners.map(({ operator }) => operator)).size !== fact.winners.length)
    complain("winners share an operator");
  for (const lease of winners) for (const flaw of answerFlaws(lease, fact)) complain(flaw);
  // A liar is outvoted by nobody: somebody who is trusted, or enough fresh answers, decide.
  if (fact.by === "agreement" && fact.losers.length > 0) complain("answers differed, and nobody decided");
  const trusted = [job.payer, ...job.submission.referees];
  if (fact.by === "referee" && !winners.some(({ role, operator }) => role === "referee" && trusted.includes(operator)))
    complain("the referee is not among the winners");
  const needed = fact.by === "agreement" ? job.replicas : fact.by === "freshReplicas" ? job.replicas + 1 : 1;
  const counted = winners.filter((lease) => fact.by !== "freshReplicas" || lease.round >= task.resolverRound);
  if (counted.length < needed) complain(`${counted.length} of ${needed} answers`);
  const isReferred = task.audits.some(({ referred }) => referred);
  if (fact.by !== "referee" && !isReferred && winners.some(({ operator }) => trusted.includes(operator)))
    complain("a referee is among the replicas that won");
  const caught = fact.caught ?? fact.losers;
  if (caught.some((leaseId) => !fact.losers.includes(leaseId))) complain("blames somebody who did not lose");
  if (caught.length > 0 && winners.length < 2) complain("blames somebody on one operator's word");
  const others = task.leases.flatMap((id: LeaseId) => ledger.leases.get(id) ?? []).filter((one) => one.answer !== null);
  for (const { leaseId, answer } of others) {
    const list = answer?.digest === fact.digest ? fact.winners : fact.losers;
    if (!list.includes(leaseId)) complain(`lease ${leaseId} has an answer and is on the wrong list`);
  }
  return broken;
}

function answerFlaws(lease: Lease, fact: Accepted): string[] {
  const { answer, commitment, worker, committedAt, commitBy, revealBy } = lease;
  if (answer === null || commitment === null || committedAt === null) return [`lease ${lease.leaseId} has no answer`];
  const flaws: string[] = [];
  if (answer.digest !== fact.digest) flaws.push("winners differ");
  if (commitmentOf(lease, { worker, digest: answer.digest, salt: answer.salt }) !== commitment)
    flaws.push(`the answer of ${lease.leaseId} does not open its commitment`);
  if (committedAt > commitBy) flaws.push(`lease ${lease.leaseId} was committed ${committedAt - commitBy} ms too late`);
  if (revealBy === null) flaws.push(`lease ${lease.leaseId} was in no closed commit set`);
  return flaws;
}
