// No result is accepted without its evidence: commitments in time, openings that fit, enough answers that agree, on distinct operators.
import { commitmentOf, resultDigest } from "@starling/protocol";
import type { Job, Task, TaskResult } from "../ledger/job.ts";
import type { Answer, Lease } from "../ledger/lease.ts";
import { answersOf } from "../program.ts";
import type { CoordinatorState } from "../state.ts";
import { sameAnswer } from "../verification/equivalence.ts";

// Answers and results never change, so a check that has passed once need not be made after every turn.
const checkedAnswers = new WeakSet<Answer>();
const checkedResults = new WeakSet<TaskResult>();

/** Lists answers and accepted results whose evidence does not hold. */
export function evidenceViolations(state: CoordinatorState): readonly string[] {
  const broken: string[] = [];
  for (const lease of state.ledger.leases.values()) broken.push(...answerViolations(lease));
  for (const task of state.ledger.tasks.values()) {
    const job = state.ledger.jobs.get(task.jobId);
    if (task.result === null || job === undefined || checkedResults.has(task.result)) continue;
    // Answers of an audit that is open are not ruled on yet.
    if (task.state !== "accepted" && task.state !== "final") continue;
    const found = resultViolations(state, task, answersOf(state, task));
    if (found.length === 0 && task.settledAt !== null) checkedResults.add(task.result);
    broken.push(...found.map((what) => `task ${task.taskId}: ${what}`));
  }
  return broken;
}

function answerViolations(lease: Lease): readonly string[] {
  const { answer } = lease;
  if (lease.committedAt !== null && lease.committedAt > lease.commitBy)
    return [`lease ${lease.leaseId} committed after its deadline`];
  if (answer === null || checkedAnswers.has(answer)) return [];
  const broken: string[] = [];
  const { digest, salt, outputs } = answer;
  const { leaseId, worker, commitment } = lease;
  if (commitmentOf(lease, { worker, digest, salt }) !== commitment)
    broken.push(`lease ${leaseId} shows what it did not commit to`);
  if (resultDigest(outputs) !== digest) broken.push(`lease ${leaseId} shows outputs of another digest`);
  if (broken.length === 0) checkedAnswers.add(answer);
  return broken;
}

function resultViolations(state: CoordinatorState, task: Task, answers: readonly Lease[]): readonly string[] {
  const { result } = task;
  const job = state.ledger.jobs.get(task.jobId);
  if (result === null || job === undefined) return [];
  const broken: string[] = [];
  const winners = answers.filter(({ leaseId }) => result.winners.includes(leaseId));
  const losers = answers.filter(({ leaseId }) => result.losers.includes(leaseId));
  if (winners.length + losers.length !== answers.length) broken.push("an answer neither won nor lost");
  const standing = winners.find(({ answer }) => answer?.digest === result.digest);
  if (standing === undefined) return ["no winner gave the accepted answer"];
  if (winners.some((lease) => sameAnswer(state, task, [standing, lease]) !== "same"))
    broken.push("a winner gave another answer");
  if (losers.some(({ answer }) => answer?.digest === result.digest)) broken.push("a loser gave the accepted answer");
  if (winners.some((lease) => lease.verdict !== "accepted" && !isAwaitingCheck(task, lease, winners)))
    broken.push("a winner has no accepting verdict");
  // Whoever was accepted first and found out by an audit keeps its verdict and its pay.
  if (task.audits.length === 0 && losers.some(({ verdict }) => verdict !== "rejected"))
    broken.push("a loser has no rejecting verdict");
  const replicas = winners.filter(({ role }) => role === "replica");
  if (new Set(replicas.map(({ operator }) => operator)).size < replicas.length)
    broken.push("one operator answered twice");
  if (!isFounded(job, task, { winners, losers })) broken.push(`accepted by ${result.by} without the answers for it`);
  if (result.caught.some((leaseId) => !result.losers.includes(leaseId)))
    broken.push("somebody is blamed and did not lose");
  if (result.caught.length > 0 && winners.length < 2) broken.push("somebody is blamed on one operator's word");
  return broken;
}

// Whoever has nothing at stake is paid with its check, and all of them together where nobody else stands behind the result.
function isAwaitingCheck({ settledAt }: Task, { state, checked }: Lease, winners: readonly Lease[]): boolean {
  return state === "revealed" && checked && settledAt === null && winners.every((winner) => winner.checked);
}

function isFounded(
  job: Job,
  task: Task,
  { winners, losers }: { readonly winners: readonly Lease[]; readonly losers: readonly Lease[] },
): boolean {
  switch (task.result?.by) {
    case "agreement":
      return losers.length === 0 && winners.length >= job.replicas;
    case "referee":
      return winners.some(({ role }) => role === "referee");
    case "freshReplicas":
      return winners.filter(({ round }) => round >= task.resolverRound).length >= job.replicas + 1;
    default:
      return false;
  }
}
