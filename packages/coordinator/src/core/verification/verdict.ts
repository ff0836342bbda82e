// From a round of reveals to its consequences: accepted with pay, a referee, fresh replicas, or the end of the job.
import { present } from "@starling/kernel";
import type { LeaseVerdict, Reason } from "../fact.ts";
import { stepKey } from "../indexes/index-state.ts";
import type { Task } from "../ledger/job.ts";
import type { Lease } from "../ledger/lease.ts";
import { banOperator } from "../lifecycle/ban.ts";
import { failJob } from "../lifecycle/job.ts";
import { isTaskOver } from "../lifecycle/tables.ts";
import { closeLeases, requeueTask } from "../lifecycle/task.ts";
import { armPay, isPayDue } from "../money/payment.ts";
import { answersOf } from "../program.ts";
import { type CoordinatorState, planted } from "../state.ts";
import { type CoordinatorTurn, mailTo } from "../turn.ts";
import { closeSetIfComplete } from "./commit-set.ts";
import { byMajority, compareAnswers, type Ruling } from "./compare.ts";
import { askFreshReplicas, nextResolver, type ResolverChoice } from "./mismatch.ts";

/** Looks at a task again after one of its leases changed: closes its set, or rules on its answers. */
export function reviewTask(state: CoordinatorState, task: Task, turn: CoordinatorTurn): void {
  if (isTaskOver(task.state)) return;
  closeSetIfComplete(state, task, turn);
  if (task.set === null) return;
  const pending = task.set.some((leaseId) => state.ledger.leases.get(leaseId)?.state === "committed");
  if (!pending) applyRuling(state, task, { ruling: rulingOn(state, task), turn });
}

function rulingOn(state: CoordinatorState, task: Task): Ruling {
  const job = present(state.ledger.jobs.get(task.jobId), `job ${task.jobId}`);
  const answers = answersOf(state, task).map((lease) => ({
    leaseId: lease.leaseId,
    digest: present(lease.answer, "answer").digest,
    role: lease.role,
    fresh: lease.round >= task.resolverRound,
  }));
  const ruling = compareAnswers(answers, { resolver: task.resolver, replicas: job.replicas });
  return ruling.kind === "mismatch" && planted(state, "acceptMajority") ? byMajority(answers) : ruling;
}

interface Consequence {
  readonly ruling: Ruling;
  readonly turn: CoordinatorTurn;
}

function applyRuling(state: CoordinatorState, task: Task, { ruling, turn }: Consequence): void {
  switch (ruling.kind) {
    case "accept":
      acceptTask(state, task, { ruling, turn });
      return;
    case "more": {
      const reason = { code: "answersMissing", message: `${ruling.count} more answers are needed` };
      requeueTask(task, { wanted: ruling.count, reason }, turn);
      return;
    }
    case "mismatch":
      findResolver(state, task, turn);
      return;
    case "disputed": {
      const message = "fresh replicas do not agree either; nothing is accepted and nobody is excluded";
      disputeTask(state, task, { reason: { code: "disputed", message }, turn });
      return;
    }
    case "nondeterministic":
      ruleNondeterministic(state, task, turn);
      return;
  }
}

function acceptTask(
  state: CoordinatorState,
  task: Task,
  { ruling, turn }: { readonly ruling: Extract<Ruling, { kind: "accept" }>; readonly turn: CoordinatorTurn },
): void {
  const { digest, winners, losers } = ruling;
  const answers = answersOf(state, task);
  const standing = present(
    answers.find((lease) => winners.includes(lease.leaseId)),
    `winner of ${task.taskId}`,
  );
  const outputs = present(standing.answer, "answer").outputs;
  turn.record({
    type: "taskAccepted",
    taskId: task.taskId,
    digest,
    outputs,
    winners,
    losers,
    by: task.resolver,
    at: turn.now,
  });
  for (const lease of answers) {
    if (winners.includes(lease.leaseId)) settle(state, lease, { verdict: "accepted", reason: agreed, turn });
    else settle(state, lease, { verdict: "rejected", reason: differs, turn });
  }
  for (const lease of answers) if (losers.includes(lease.leaseId)) banOperator(state, lease, { reason: differs, turn });
  turn.changed.jobs.add(task.jobId);
  const escrow = present(state.ledger.escrows.get(standing.escrowId), `escrow ${standing.escrowId}`);
  if (escrow.unanchored.length >= state.config.policy.batchTasksMax) turn.changed.escrows.add(escrow.escrowId);
  if (answers.some(({ worker }) => isPayDue(escrow, worker))) armPay(state, escrow, turn.now);
}

const agreed: Reason = { code: "accepted", message: "the answer stands" };
const differs: Reason = { code: "wrongAnswer", message: "another answer stands; this one differs from it" };

interface Settlement {
  readonly verdict: LeaseVerdict;
  readonly reason: Reason;
  readonly turn: CoordinatorTurn;
}

/** Ends a revealed lease: what was held for it is owed, or free again. */
function settle(state: CoordinatorState, lease: Lease, { verdict, reason, turn }: Settlement): void {
  const { leaseId, taskSpec, attempt, worker, escrowId, price } = lease;
  turn.record({ type: "leaseSettled", leaseId, verdict, reason, at: turn.now });
  const mail = mailTo(turn, worker);
  mail.verdicts.push({ leaseId, taskSpec, attempt, verdict, reason: reason.code });
  const isPaid = verdict === "accepted" || (verdict === "rejected" && planted(state, "payLoser"));
  if (!isPaid || price === 0n) return;
  turn.record({ type: "payOwed", escrowId, worker, leaseId, amount: price });
  if (planted(state, "doublePay")) turn.record({ type: "payOwed", escrowId, worker, leaseId, amount: price });
  mail.vouchers.add(escrowId);
}

/** Answers differ: a referee decides if there is one, else fresh replicas. */
function findResolver(state: CoordinatorState, task: Task, turn: CoordinatorTurn): void {
  const choice: ResolverChoice = nextResolver(state, task, turn.now);
  const { resolver, wanted, reason } = choice;
  turn.record({ type: "mismatchFound", taskId: task.taskId, resolver, replicasWanted: wanted, reason, at: turn.now });
  turn.changed.steps.add(stepKey(task.jobId, task.step));
}

/** A task that waited too long for a referee or for unused operators. */
export function taskOverdue(state: CoordinatorState, task: Task, turn: CoordinatorTurn): void {
  if (task.state !== "queued") return;
  if (task.resolver === "referee") {
    const job = present(state.ledger.jobs.get(task.jobId), `job ${task.jobId}`);
    const reason = { code: "refereeMissing", message: "no referee was free in time; fresh replicas decide" };
    askFreshReplicas(task, { replicas: job.replicas, reason }, turn);
  } else if (task.resolver === "freshReplicas") {
    const message = "answers differ, and there were not enough unused operators in time";
    disputeTask(state, task, { reason: { code: "disputed", message }, turn });
  }
}

function disputeTask(
  state: CoordinatorState,
  task: Task,
  { reason, turn }: { readonly reason: Reason; readonly turn: CoordinatorTurn },
): void {
  closeLeases(state, task, { reason, turn });
  turn.record({ type: "taskDisputed", taskId: task.taskId, reason, at: turn.now });
  endOfJob(state, task, { reason, turn });
}

// Nobody is blamed, everybody who answered is paid, and the payer is told which outputs differ.
function ruleNondeterministic(state: CoordinatorState, task: Task, turn: CoordinatorTurn): void {
  const digests = new Set(answersOf(state, task).map((lease) => lease.answer?.digest));
  const message = `${digests.size} different answers to task ${task.step}/${task.index}: the program is not deterministic`;
  const reason = { code: "nondeterministic", message };
  for (const lease of answersOf(state, task)) settle(state, lease, { verdict: "accepted", reason, turn });
  turn.record({ type: "taskNondeterministic", taskId: task.taskId, reason, at: turn.now });
  endOfJob(state, task, { reason, turn });
}

function endOfJob(
  state: CoordinatorState,
  task: Task,
  { reason, turn }: { readonly reason: Reason; readonly turn: CoordinatorTurn },
): void {
  const job = present(state.ledger.jobs.get(task.jobId), `job ${task.jobId}`);
  failJob(state, job, { reason, turn });
}
