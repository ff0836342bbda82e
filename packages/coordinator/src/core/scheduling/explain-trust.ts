// Why results wait that are there already: for one more operator's answer, or for the end of their finality window.
import type { JobId, TaskId } from "@starling/protocol";
import { taskDueAt } from "../indexes/maintain.ts";
import { type Audit, type Job, openAudit, type Task } from "../ledger/job.ts";
import type { CoordinatorState } from "../state.ts";
import type { Wait } from "../views/types.ts";
import { counted } from "./needs.ts";

const why: Readonly<Record<Audit["cause"], string>> = {
  lottery: "the lottery drew it",
  checked: "its operator has not shown enough yet, or has pledged too little",
  canary: "it is among the first of a job without replicas",
  retro: "an operator behind it was caught",
};

/** A task whose audit waits for an operator: what the waiting of its lane says, in other words. Null when it waits for something else. */
export function auditWait(state: CoordinatorState, task: Task | undefined, placement: Wait): Wait | null {
  const audit = task === undefined || task.resolver !== "agreement" ? null : openAudit(task);
  if (task === undefined || audit === null) return null;
  return {
    ...placement,
    code: "auditWaiting",
    owner: audit.referred ? "payer" : "coordinator",
    since: task.since,
    until: taskDueAt(state, task) ?? placement.until,
    message: `the result of ${task.taskId} is run once more, since ${why[audit.cause]}; ${placement.message}`,
    change: audit.referred
      ? "a free slot of the referee; the result settles without the audit, and says so, when the time is up"
      : `${placement.change}; when the time is up a referee makes the audit, or the result settles without it and says so`,
  };
}

/** Answers whose numbers are being compared; nothing when there are none. */
export function comparisonWaits(state: CoordinatorState, job: Job): readonly Wait[] {
  const open = [...state.presence.comparing.values()].filter(
    ({ taskId }) => state.ledger.tasks.get(taskId)?.jobId === job.jobId,
  );
  const [first] = open;
  if (first === undefined) return [];
  return [
    {
      code: "comparing",
      subject: "task",
      id: first.taskId,
      owner: "coordinator",
      since: Math.min(...open.map(({ since }) => since)),
      until: job.deadlineAt,
      message: `answers differ in their bytes, and the job compares their numbers: ${counted(open.length, "pair")} of them ${open.length === 1 ? "is" : "are"} being measured`,
      change: "nothing but the measuring itself: the coordinator reads both outputs from its store",
      predicates: [],
    },
  ];
}

/** Accepted results whose window is open; nothing when there are none. */
export function finalityWaits(state: CoordinatorState, job: Job): readonly Wait[] {
  const windows = windowsOf(state, job.jobId);
  const [first] = windows;
  if (first === undefined) return [];
  let since = first.since;
  let until = first.until;
  for (const one of windows) {
    since = Math.min(since, one.since);
    until = Math.max(until, one.until);
  }
  return [
    {
      code: "provisional",
      subject: "job",
      id: job.jobId,
      owner: "coordinator",
      since,
      until,
      message: `${windows.length} results are accepted and may still be checked again if an operator behind them is caught`,
      change: "the end of their windows",
      predicates: [],
    },
  ];
}

function windowsOf(
  state: CoordinatorState,
  jobId: JobId,
): readonly { readonly since: number; readonly until: number }[] {
  const seen = new Set<TaskId>();
  return [...state.index.unsettledOf.values()].flatMap((tasks) =>
    [...tasks].flatMap((taskId) => {
      const task = state.ledger.tasks.get(taskId);
      if (task?.jobId !== jobId || task.state !== "accepted" || task.settlesAt === null || seen.has(taskId)) return [];
      seen.add(taskId);
      return [{ since: task.since, until: task.settlesAt }];
    }),
  );
}
