// Real work overrides claims: a worker that showed to be slow gets no task that it would not finish in time, and one that showed to lack memory none that needs it.
import type { Job } from "../ledger/job.ts";
import { evenPace, memoryBelow, middleOf, type Observed, runPace, slowPace } from "../ledger/observed.ts";
import { sizeOfPart } from "../ledger/usage.ts";
import type { Worker } from "../ledger/worker.ts";
import { stepSpecOf } from "../program.ts";
import type { CoordinatorState } from "../state.ts";

/** What is too much memory for the worker's machine as its work showed, whatever it claims; null where nothing shows it. */
export function memoryShownBelow(state: CoordinatorState, { observed }: Worker): number | null {
  if (observed === undefined || observed.killed.length === 0) return null;
  const { memoryKillsMin, observedMs } = state.config.policy;
  return memoryBelow(observed, { kills: memoryKillsMin, since: state.presence.turnAt - observedMs });
}

/** The worker's pace that counts now, in sixteenths of what others take; null where too little is known of it. */
function paceNow(state: CoordinatorState, { observed }: Worker): number | null {
  if (observed === undefined || observed.at + state.config.policy.observedMs <= state.presence.turnAt) return null;
  return observed.pace;
}

/**
 * Whether the worker showed to be so slow that a task of the step would not end in time there: what is usual for the step, times the least
 * that its bucket says. Only a worker that takes twice as long as others is looked at, and only where the step's usual time is known.
 */
export function isTooSlow(
  state: CoordinatorState,
  worker: Worker,
  { job, step, now }: { readonly job: Job; readonly step: string; readonly now: number },
): boolean {
  const { observed } = worker;
  const pace = paceNow(state, worker);
  if (observed === undefined || pace === null || pace < slowPace) return false;
  const usage = job.usage?.get(step);
  const usualMs = usage === undefined ? null : sizeOfPart(usage.runMs, 50);
  if (usage === undefined || usualMs === null) return false;
  const runMs = Math.floor((usualMs * pace) / evenPace);
  // The limit is for the run alone; whoever says less of its runs than is true loses nothing but them.
  const limitedMs = Math.floor((usualMs * Math.min(pace, runPace(observed))) / evenPace);
  if (limitedMs > stepSpecOf(job, step).limits.timeoutMs) return true;
  const bytes = Number(usage.bytesIn / BigInt(Math.max(1, usage.attempts)));
  // The pace has its share of inputs that came slowly: the larger of both is taken, not their sum.
  const endsAt = now + Math.max(runMs, usualMs + fetchMs(observed, bytes));
  return endsAt > job.deadlineAt;
}

/** What a worker's work showed of its machine. Placement goes by it, whatever the machine claims. */
export interface ObservedView {
  /** Answers that others confirmed and that are remembered, and by how many operators. */
  readonly answers: number;
  readonly operators: number;
  /** How long it takes in sixteenths of what others take, the lower bound of a bucket; null where too little is known, or lately nothing. */
  readonly paceSixteenths: number | null;
  /** Processor time beside that of others, in sixteenths, as the workers say; null where it says nothing. */
  readonly cpuSixteenths: number | null;
  /** Tasks that were killed there for want of memory that it claims, and that others finished. */
  readonly kills: number;
  /** So much memory is more than it showed to have; null where nothing shows that. */
  readonly memoryBelow: number | null;
  /** How fast inputs come to it, KiB a second, the lower bound of a bucket; null where too little is known. */
  readonly fetchKiB: number | null;
}

/** What a worker's work showed, for people. */
export function observedView(state: CoordinatorState, worker: Worker): ObservedView | null {
  const { observed } = worker;
  if (observed === undefined) return null;
  const { shared, killed, fetchKiB } = observed;
  const cpus = shared.flatMap(({ cpu }) => (cpu === 0 ? [] : [cpu]));
  return {
    answers: shared.length,
    operators: new Set(shared.map(({ operator }) => operator)).size,
    paceSixteenths: paceNow(state, worker),
    cpuSixteenths: cpus.length === 0 ? null : middleOf(cpus),
    kills: killed.length,
    memoryBelow: memoryShownBelow(state, worker),
    fetchKiB,
  };
}

// At the quick end of the bucket.
function fetchMs({ fetchKiB: kib }: Observed, bytes: number): number {
  return kib === null ? 0 : Math.floor((bytes * 1_000) / (2 * kib * 1_024));
}
