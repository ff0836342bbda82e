// From a round of reveals to its consequences: accepted with pay, a referee, fresh replicas, or the end of the job.
import { present } from "@starling/kernel";
import type { Reason } from "../fact.ts";
import { stepKey } from "../indexes/index-state.ts";
import type { Task } from "../ledger/job.ts";
import type { Lease } from "../ledger/lease.ts";
import { failJob } from "../lifecycle/job.ts";
import { isTaskOver } from "../lifecycle/tables.ts";
import { requeueTask } from "../lifecycle/task.ts";
import { armPay, isPayDue } from "../money/payment.ts";
import { answersOf, reachesHosts } from "../program.ts";
import type { CoordinatorState } from "../state.ts";
import type { CoordinatorTurn } from "../turn.ts";
import { reviewResult, settlesAtOf } from "./audit.ts";
import { catchOperator } from "./caught.ts";
import { closeSetIfComplete } from "./commit-set.ts";
import type { Ruling } from "./compare.ts";
import { disputeTask } from "./dispute.ts";
import { requestComparisons } from "./equivalence.ts";
import { askFreshReplicas, nextResolver, type ResolverChoice } from "./mismatch.ts";
import { rulingOn } from "./ruling.ts";
import { agreed, isUnproven, settleLease } from "./settle-lease.ts";

/** Looks at a task again after one of its leases changed: closes its set, or rules on its answers. */
export function reviewTask(state: CoordinatorState, task: Task, turn: CoordinatorTurn): void {
  if (isTaskOver(task.state)) return;
  closeSetIfComplete(state, task, turn);
  if (task.set === null) return;
  const pending = task.set.some((leaseId) => state.ledger.leases.get(leaseId)?.state === "committed");
  if (!pending) applyRuling(state, task, { ruling: rulingOn(state, task), turn });
}

interface Consequence {
  readonly ruling: Ruling;
  readonly turn: CoordinatorTurn;
}

/** Does what a ruling says. */
export function applyRuling(state: CoordinatorState, task: Task, { ruling, turn }: Consequence): void {
  switch (ruling.kind) {
    case "accept":
      acceptTask(state, task, { ruling, turn });
      return;
    case "more":
      requeueTask(task, { wanted: ruling.count, reason: missing(task, ruling.count) }, turn);
      return;
    case "unknown":
      requestComparisons(state, task, { pairs: ruling.pairs, turn });
      return;
    case "mismatch":
      findResolver(state, task, turn);
      return;
    case "freshAgain": {
      const { replicas } = present(state.ledger.jobs.get(task.jobId), `job ${task.jobId}`);
      const message = `fresh replicas differ too; ${replicas + 1} more on unused operators must agree`;
      askFreshReplicas(task, { replicas, reason: { code: "freshReplicasDiffer", message } }, turn);
      return;
    }
    case "disputed": {
      const message =
        ruling.isReversal === true
          ? reversed
          : "fresh replicas do not agree either; nothing is accepted and nobody is excluded";
      disputeTask(state, task, { reason: { code: "disputed", message }, turn });
      return;
    }
    case "nondeterministic":
      ruleNondeterministic(state, task, turn);
      return;
  }
}

const reversed =
  "those who decide now agree on the answer against which others ruled before; no majority decides, and nothing is accepted";

function missing(task: Task, count: number): Reason {
  if (task.resolver !== "referee") return { code: "answersMissing", message: `${count} more answers are needed` };
  return {
    code: "refereeAlone",
    message: "the referee agrees with nobody; one more operator is heard before anybody is blamed",
  };
}

function acceptTask(
  state: CoordinatorState,
  task: Task,
  { ruling, turn }: { readonly ruling: Extract<Ruling, { kind: "accept" }>; readonly turn: CoordinatorTurn },
): void {
  const { winners, losers, by } = ruling;
  const { taskId } = task;
  const answers = answersOf(state, task);
  const standing = present(state.ledger.leases.get(ruling.standing), `winner of ${taskId}`);
  const { digest, outputs } = present(standing.answer, "answer");
  const job = present(state.ledger.jobs.get(task.jobId), `job ${task.jobId}`);
  const caught = reachesHosts(job, task.step) ? [] : ruling.caught;
  // A result that is confirmed keeps its window; another one begins its own.
  const isConfirmed = task.result?.digest === digest && task.settlesAt !== null;
  const settlesAt = isConfirmed ? present(task.settlesAt, "window") : settlesAtOf(state, job, turn.now);
  const at = turn.now;
  turn.record({ type: "taskAccepted", taskId, digest, outputs, winners, losers, caught, by, settlesAt, at });
  for (const lease of answers) {
    if (lease.state !== "revealed") continue;
    if (isUnproven(state, lease, winners)) continue;
    if (winners.includes(lease.leaseId)) settleLease(state, lease, { verdict: "accepted", reason: agreed, turn });
    else settleLease(state, lease, { verdict: "rejected", reason: differs, turn });
  }
  for (const lease of answers)
    if (caught.includes(lease.leaseId)) catchOperator(state, lease, { reason: differs, turn });
  turn.changed.jobs.add(task.jobId);
  const escrow = present(state.ledger.escrows.get(standing.escrowId), `escrow ${standing.escrowId}`);
  if (answers.some(({ worker }) => isPayDue(escrow, worker))) armPay(state, escrow, turn.now);
  reviewResult(state, task, turn);
}

const differs: Reason = { code: "wrongAnswer", message: "another answer stands; this one differs from it" };

/** Answers differ: a referee decides if there is one, else fresh replicas. */
function findResolver(state: CoordinatorState, task: Task, turn: CoordinatorTurn): void {
  const choice: ResolverChoice = nextResolver(state, task, turn.now);
  const { resolver, wanted, reason } = choice;
  turn.record({ type: "mismatchFound", taskId: task.taskId, resolver, replicasWanted: wanted, reason, at: turn.now });
  // A referee that made the audit has answered already: nobody need be asked if somebody agrees with it.
  const ruling = resolver === "referee" ? rulingOn(state, task) : null;
  if (ruling !== null && ruling.kind !== "more") applyRuling(state, task, { ruling, turn });
  else turn.changed.steps.add(stepKey(task.jobId, task.step));
}

// Nobody is blamed, everybody who answered is paid, and the payer is told which outputs differ.
function ruleNondeterministic(state: CoordinatorState, task: Task, turn: CoordinatorTurn): void {
  const answers = answersOf(state, task);
  const digests = new Set(answers.map(({ answer }) => answer?.digest));
  const names = differingOutputs(answers);
  const message = `${digests.size} different answers to task ${task.step}/${task.index} (${names.join(", ")}): the program is not deterministic`;
  const reason = { code: "nondeterministic", message };
  turn.record({ type: "taskNondeterministic", taskId: task.taskId, reason, at: turn.now });
  for (const lease of answers) {
    if (lease.state === "revealed") settleLease(state, lease, { verdict: "accepted", reason, turn });
  }
  const job = present(state.ledger.jobs.get(task.jobId), `job ${task.jobId}`);
  failJob(state, job, { reason, turn });
}

function differingOutputs(answers: readonly Lease[]): readonly string[] {
  const seen = new Map<string, Set<string>>();
  for (const { answer } of answers) {
    for (const { name, cid } of answer?.outputs ?? []) seen.set(name, (seen.get(name) ?? new Set()).add(cid));
  }
  return [...seen].flatMap(([name, cids]) => (cids.size > 1 ? [name] : []));
}
