// How many wrong results were settled, and how many the levels of their jobs allow: p^R (1 - s (1 - p)), with p as it was played.
import { type JobId, ppm, resultDigest, type TaskId, trustTerms } from "@starling/protocol";
import { outputsOf, rightContent } from "./world/outputs.ts";
import type { World } from "./world/world.ts";

/** Counts of one run, or of many. */
export interface WrongSettled {
  /** Tasks of programs that always give the same, with a settled result. */
  readonly settled: number;
  readonly wrong: number;
  /** Expected at most, if everybody who ever gave a wrong answer conspired with all others who did. */
  readonly allowed: number;
  /** Variance of that. */
  readonly variance: number;
}

/** Chance moves a count by more than this in one batch of a thousand. */
const SIGMAS = 3;

/** Looks through the ledger of a run that is over. */
export function wrongSettledOf({ coordinator }: World): WrongSettled {
  const { leases, tasks, jobs } = coordinator.state.ledger;
  // Of a program that gives another output each time, or on each machine, none is right.
  const hasRight = (jobId: JobId, step: string): boolean =>
    step !== "map" || jobs.get(jobId)?.submission.spec.map.args.includes("nondeterministic") === false;
  const stepOf = (taskId: TaskId): string => tasks.get(taskId)?.step ?? "";
  const answered = [...leases.values()].filter(
    ({ answer, jobId, taskId }) => answer !== null && hasRight(jobId, stepOf(taskId)),
  );
  const isWrong = ({ answer, taskSpec }: (typeof answered)[number]): boolean =>
    answer?.digest !== resultDigest(outputsOf(rightContent(taskSpec)));
  const liars = new Set(answered.filter(isWrong).map(({ operator }) => operator));
  const partOfLiars = new Map<string, { all: number; bad: number }>();
  for (const { jobId, operator } of answered) {
    const part = partOfLiars.get(jobId) ?? { all: 0, bad: 0 };
    part.all += 1;
    if (liars.has(operator)) part.bad += 1;
    partOfLiars.set(jobId, part);
  }
  const sums = { settled: 0, wrong: 0, allowed: 0, variance: 0 };
  for (const { jobId, step, settledAt, result, leases: ids } of tasks.values()) {
    const job = jobs.get(jobId);
    const first = ids[0] === undefined ? undefined : leases.get(ids[0]);
    if (settledAt === null || result === null || job === undefined || first === undefined) continue;
    if (!hasRight(jobId, step)) continue;
    const { replicas, auditPpm } = trustTerms(job.submission.spec.trust);
    const { all, bad } = partOfLiars.get(jobId) ?? { all: 1, bad: 0 };
    const chance = chanceOf(bad / all, { replicas, audits: auditPpm / ppm });
    sums.settled += 1;
    sums.allowed += chance;
    sums.variance += chance * (1 - chance);
    if (result.digest !== resultDigest(outputsOf(rightContent(first.taskSpec)))) sums.wrong += 1;
  }
  return sums;
}

// Whoever holds all replicas and is not looked at; or all fresh replicas after a mismatch, where no referee decides.
function chanceOf(p: number, { replicas, audits }: { readonly replicas: number; readonly audits: number }): number {
  return Math.min(1, p ** replicas * (1 - audits * (1 - p)) + p ** (replicas + 1));
}

/** Of many runs together. */
export function sumOfWrong(all: readonly WrongSettled[]): WrongSettled {
  const sums = { settled: 0, wrong: 0, allowed: 0, variance: 0 };
  for (const one of all) {
    sums.settled += one.settled;
    sums.wrong += one.wrong;
    sums.allowed += one.allowed;
    sums.variance += one.variance;
  }
  return sums;
}

/** What is broken when more wrong results were settled than the levels promise. */
export function excessOf({ settled, wrong, allowed, variance }: WrongSettled): readonly string[] {
  const most = allowed + SIGMAS * Math.sqrt(variance);
  if (wrong <= most) return [];
  return [`${wrong} of ${settled} settled results are wrong; by the levels of their jobs ${most.toFixed(1)} may be`];
}
