// Jobs as people read them.
import { readJobSpec } from "@starling/protocol";
import type { ExplainJobResponse, Job } from "@starling/protocol/rpc";
import { type Column, table } from "./format.ts";
import { jobUsageLines } from "./usage.ts";
import { age, money, shortId, span } from "./words.ts";

/** `12/36` of the tasks are done. */
export function progressOf(job: Job): string {
  const { tasks } = job;
  if (tasks === undefined) return "";
  // A result that is being audited is queued once more, and stands all the while.
  const audited = Math.min(job.audits?.open ?? 0, tasks.queued + tasks.collecting);
  return `${tasks.accepted + tasks.final + audited}/${tasks.total}`;
}

export const jobColumns: readonly Column<Job>[] = [
  { title: "JOB", value: (job) => shortId(job.jobId) },
  { title: "NAME", value: (job) => job.name },
  { title: "STATE", value: (job) => job.state },
  { title: "TASKS", value: progressOf },
  { title: "SPENT", value: (job) => money(job.spent) },
  { title: "BUDGET", value: (job) => money(job.budget) },
  { title: "AGE", value: (job) => age(job.acceptedAtMs) },
  { title: "TRUST", value: (job) => job.trust, wide: true },
  { title: "ESCROW", value: (job) => shortId(job.escrowId), wide: true },
  { title: "TRACE", value: (job) => job.traceId, wide: true },
];

function receiptText({ receiptReady, endedAtMs, tasks }: Job): string {
  if (receiptReady) return "ready";
  const isEmpty = tasks !== undefined && tasks.accepted + tasks.final === 0;
  return endedAtMs > 0n && isEmpty ? "none: no result was accepted" : "not anchored yet";
}

/** Label and text of everything that is worth reading about a job. */
export function jobLines(job: Job): (readonly [string, string])[] {
  const { tasks, reason } = job;
  const states =
    tasks === undefined ? [] : Object.entries(tasks).filter(([state, count]) => state !== "total" && count > 0);
  const ran = job.endedAtMs > 0n ? span(Number(job.endedAtMs - job.acceptedAtMs)) : "";
  return [
    ["job", job.jobId],
    ["name", job.name],
    [
      "state",
      reason === undefined || reason.message === "" ? job.state : `${job.state}: ${reason.message} (${reason.code})`,
    ],
    [
      "tasks",
      `${progressOf(job)} done${states.length > 0 ? ` (${states.map(([state, count]) => `${count} ${state}`).join(", ")})` : ""}`,
    ],
    ["class", classesText(job)],
    ["trust", job.trust],
    ["audits", auditsText(job)],
    ["payer", job.payer],
    ["escrow", job.escrowId],
    ["money", `${money(job.spent)} earned of ${money(job.budget)}, at most ${money(job.perTaskMax)} a replica`],
    ["accepted", `${new Date(Number(job.acceptedAtMs)).toISOString()}${ran === "" ? "" : `, ended after ${ran}`}`],
    ["deadline", new Date(Number(job.deadlineAtMs)).toISOString()],
    ["idempotency key", job.idempotencyKey],
    [
      "labels",
      Object.entries(job.labels)
        .map(([key, value]) => `${key}=${value}`)
        .join(", "),
    ],
    ["receipt", receiptText(job)],
    ...jobUsageLines(job),
    ["trace", job.traceId],
  ];
}

// Empty where the coordinator told no spec, or one of a version that this one can't read.
function classesText({ specJson }: Job): string {
  if (specJson === "") return "";
  const read = readJobSpec(JSON.parse(specJson));
  if (!read.ok) return "";
  const { map, reduce } = read.value;
  const isOne = reduce === null || reduce.runtimeClass === map.runtimeClass;
  return isOne ? map.runtimeClass : `${map.runtimeClass} for map, ${reduce.runtimeClass} for reduce`;
}

// Empty where there is nothing to tell.
function auditsText({ audits, provisional }: Job): string {
  const parts: string[] = [];
  if (audits !== undefined && audits.ordered > 0) {
    const rest = [audits.open > 0 ? `${audits.open} open` : "", audits.missed > 0 ? `${audits.missed} missed` : ""];
    parts.push(
      [
        `${audits.ordered} ${audits.ordered === 1 ? "result" : "results"} run once more`,
        ...rest.filter((text) => text !== ""),
      ].join(", "),
    );
  }
  if (provisional > 0) parts.push(`${provisional} results are provisional`);
  return parts.join("; ");
}

/** Whether a job failed for what its programs did. */
export function hasLogs(job: Job): boolean {
  return job.reason?.code === "poison" || job.reason?.code === "attemptsExhausted";
}

/** Why a job waits, in sentences. */
export function explanationText(explained: ExplainJobResponse): string {
  const { job, waiting, unmet, workersKnown, workersEligible } = explained;
  const lines: string[] = [];
  if (job !== undefined)
    lines.push(`job ${shortId(job.jobId)} (${job.name}) is ${job.state}, ${progressOf(job)} tasks done`);
  const why = job?.reason?.message ?? "";
  if (why !== "") lines.push(`because ${why} [${job?.reason?.code ?? ""}]`);
  if (job !== undefined && hasLogs(job))
    lines.push(`\`starling job logs ${shortId(job.jobId)}\` shows what failed attempts said`);
  if (waiting.length === 0) lines.push("it waits for nothing");
  for (const one of waiting) {
    const until = one.untilMs > 0n ? `, until ${new Date(Number(one.untilMs)).toISOString()} at the latest` : "";
    lines.push(
      `waits: ${one.message} [${one.code}]${one.count > 1 ? ` x${one.count}` : ""}, for ${age(one.sinceMs)}${until}`,
    );
    if (one.change !== "") lines.push(`       what would change it: ${one.change}`);
  }
  lines.push(`workers: ${workersKnown} known, ${workersEligible} offer what it needs`);
  const rows = unmet.map((one) => ["  unmet:", one.code, `${one.workers} of ${workersKnown} workers`, one.message]);
  return `${lines.join("\n")}\n${table(rows)}`;
}
