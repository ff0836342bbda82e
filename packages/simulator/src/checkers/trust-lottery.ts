// Each draw is made once more from the job's secret; whatever is drawn, stands alone and is checked, or comes first in its job is audited.
import type { CoordinatorFact } from "@starling/coordinator/core";
import {
  commitSetHash,
  isDrawn,
  lotteryTicket,
  openSecret,
  shuffle,
  type TaskId,
  trustTerms,
} from "@starling/protocol";
import { lotteryKey } from "../world/records.ts";
import type { World } from "../world/world.ts";
import type { Checker } from "./checker.ts";

type Closed = Extract<CoordinatorFact, { type: "commitSetClosed" }>;
type Ledger = World["coordinator"]["state"]["ledger"];

export function trustLottery(): Checker {
  /** Why a task has to be audited. */
  const due = new Map<TaskId, string>();
  return {
    name: "trust-lottery",
    afterTurn: (world, facts) => {
      const { ledger } = world.coordinator.state;
      return facts.flatMap((fact) => {
        if (fact.type === "commitSetClosed") return drawFlaws(ledger, fact, due);
        return fact.type === "taskSettled" ? auditFlaws(world, fact.taskId, due) : [];
      });
    },
  };
}

function drawFlaws(ledger: Ledger, fact: Closed, due: Map<TaskId, string>): string[] {
  const task = ledger.tasks.get(fact.taskId);
  const job = task === undefined ? undefined : ledger.jobs.get(task.jobId);
  const leases = fact.leases.flatMap((id) => ledger.leases.get(id) ?? []);
  const [first] = leases;
  if (task === undefined || job === undefined || first === undefined) return [`a set of unknown ${fact.taskId}`];
  if (fact.drawn === undefined)
    return task.sets.length <= 1 ? [`nothing was drawn over the first answers of ${fact.taskId}`] : [];
  const { submission, taskCount } = job;
  const secret = openSecret(lotteryKey, job.jobId, submission.lottery);
  if (secret === null) return [`the lottery of ${submission.name} can't be opened`];
  const { auditPpm } = trustTerms(submission.spec.trust);
  const commitments = leases.flatMap(({ worker, attempt, commitment }) =>
    commitment === null ? [] : [{ worker, attempt, commitment }],
  );
  const set = commitSetHash({ taskSpec: first.taskSpec, commitments });
  const position = task.step === "map" ? task.index : taskCount;
  const drawn = isDrawn(lotteryTicket(secret, position), set, auditPpm);
  if (drawn) due.set(fact.taskId, "the lottery drew it");
  const isFirst = [0, 1].some((place) => place < taskCount && shuffle(secret, taskCount)(place) === task.index);
  if (isFirst && task.step === "map" && job.replicas === 1) due.set(fact.taskId, "it is among the first of its job");
  return drawn === fact.drawn ? [] : [`the lottery over ${fact.taskId} says ${drawn}, and ${fact.drawn} was noted`];
}

// By another answer, or else the result says that nobody could give one.
function auditFlaws({ coordinator }: World, taskId: TaskId, due: ReadonlyMap<TaskId, string>): string[] {
  const { ledger } = coordinator.state;
  const task = ledger.tasks.get(taskId);
  const job = task === undefined ? undefined : ledger.jobs.get(task.jobId);
  if (task === undefined || job === undefined) return [];
  const winners = task.result?.winners.flatMap((id) => ledger.leases.get(id) ?? []) ?? [];
  const isChecked = winners.length === 1 && winners[0]?.checked === true;
  const why = due.get(taskId) ?? (isChecked ? "its one worker is checked" : null);
  if (why === null) return [];
  if (job.state !== "running" && job.state !== "completed") return [];
  const answered = new Set<string>();
  for (const id of task.leases) {
    const lease = ledger.leases.get(id);
    if (lease?.answer != null) answered.add(lease.operator);
  }
  const isMissed = task.audits.some(({ missed }) => missed !== null);
  if (answered.size > job.replicas || isMissed) return [];
  // Whatever was in doubt has been run more often than any audit would.
  if (task.result?.by !== "agreement") return [];
  return [`the result of ${taskId} was settled without an audit, although ${why}`];
}
