// Events of jobs for watchers: the newest facts are kept, so that a watcher who comes back goes on where he was.
import { type Engine, type FactBatch, JournalError } from "@starling/node-kit";
import type { JobId } from "@starling/protocol";
import type { WatchJobResponse } from "@starling/protocol/rpc";
import {
  type CoordinatorConfig,
  type CoordinatorEffect,
  type CoordinatorFact,
  type CoordinatorInput,
  type CoordinatorState,
  jobView,
  taskView,
} from "../../core/index.ts";
import { jobMessage, leaseMessage, moment } from "./messages.ts";

export type CoordinatorEngine = Engine<
  CoordinatorConfig,
  CoordinatorState,
  CoordinatorInput,
  CoordinatorFact,
  CoordinatorEffect
>;

/** One event with its place in the journal. */
export interface Kept {
  readonly seq: number;
  readonly at: number;
  readonly jobId: JobId;
  readonly event: WatchJobResponse["event"];
}

/** How many events are kept for those who come back. */
const KEPT_MAX = 20_000;

/** The newest events of all jobs, and those who wait for more. */
export class EventLog {
  readonly #engine: CoordinatorEngine;
  #kept: Kept[] = [];
  /** Everything after this fact number is kept. */
  #completeSince: number;
  #lastSeq: number;
  readonly #waiting = new Set<() => void>();

  constructor(engine: CoordinatorEngine) {
    this.#engine = engine;
    this.#lastSeq = engine.stats().lastSeq;
    this.#completeSince = this.#lastSeq;
    engine.onFacts((batch) => this.#take(batch));
  }

  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** Events of a job after a fact number; null for a number that was never given out, or whose facts are pruned. */
  async since(jobId: JobId, seq: number, signal: AbortSignal): Promise<readonly Kept[] | null> {
    if (!Number.isSafeInteger(seq) || seq < 0 || seq > this.#lastSeq) return null;
    if (seq < this.#completeSince) return await this.#fromJournal(jobId, seq, signal);
    const news: Kept[] = [];
    // From the end: a watcher that follows along has missed the last batch, not the thousands of events before it.
    for (let i = this.#kept.length - 1; i >= 0; i -= 1) {
      const kept = this.#kept[i];
      if (kept === undefined || kept.seq <= seq) break;
      if (kept.jobId === jobId) news.push(kept);
    }
    return news.reverse();
  }

  // For watchers from before a restart. What they missed is told with the state of now: nothing is left out, some of it is newer.
  async #fromJournal(jobId: JobId, seq: number, signal: AbortSignal): Promise<readonly Kept[] | null> {
    const found: Kept[] = [];
    try {
      for await (const batch of this.#engine.history(seq, { signal })) {
        this.#engine.read((state) => {
          for (const kept of eventsIn(state, batch)) if (kept.jobId === jobId) found.push(kept);
        });
        if (found.length > KEPT_MAX) return null;
      }
    } catch (error) {
      if (error instanceof JournalError && error.code === "journalPruned") return null;
      throw error;
    }
    return found;
  }

  /** Resolves at the next batch of facts; rejects when the signal aborts. */
  more(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const done = (): void => {
        this.#waiting.delete(done);
        signal.removeEventListener("abort", aborted);
        resolve();
      };
      const aborted = (): void => {
        this.#waiting.delete(done);
        reject(signal.reason);
      };
      this.#waiting.add(done);
      signal.addEventListener("abort", aborted, { once: true });
    });
  }

  #take(batch: FactBatch<CoordinatorFact>): void {
    this.#engine.read((state) => {
      for (const kept of eventsIn(state, batch)) this.#kept.push(kept);
    });
    this.#lastSeq = batch.firstSeq + batch.facts.length - 1;
    if (this.#kept.length > 2 * KEPT_MAX) {
      const dropped = this.#kept.length - KEPT_MAX;
      this.#completeSince = this.#kept[dropped - 1]?.seq ?? this.#completeSince;
      this.#kept = this.#kept.slice(dropped);
    }
    for (const wake of [...this.#waiting]) wake();
  }
}

type Found = { readonly jobId: JobId; readonly event: WatchJobResponse["event"] };

/** The events of one batch, in order. A job's counts are told once, after all of its tasks: the state is that of the batch's end anyway. */
function eventsIn(state: CoordinatorState, { firstSeq, at, facts }: FactBatch<CoordinatorFact>): readonly Kept[] {
  const kept: Kept[] = [];
  const counted = new Set<JobId>();
  for (const [i, fact] of facts.entries()) {
    for (const { jobId, event } of eventsOf(state, fact)) {
      kept.push({ seq: firstSeq + i, at, jobId, event });
      if (fact.type === "taskAccepted") counted.add(jobId);
      else if (event?.$case === "job") counted.delete(jobId);
    }
  }
  const seq = firstSeq + facts.length - 1;
  for (const jobId of counted) for (const { event } of jobEvent(state, jobId)) kept.push({ seq, at, jobId, event });
  return kept;
}

function eventsOf(state: CoordinatorState, fact: CoordinatorFact): readonly Found[] {
  switch (fact.type) {
    case "jobStarted":
    case "jobFunded":
    case "jobCompleted":
    case "jobFailed":
    case "jobCancelled":
      return jobEvent(state, fact.jobId);
    case "jobAccepted":
      return jobEvent(state, fact.submission.jobId);
    case "taskAccepted":
    case "auditOrdered":
    case "auditReferred":
    case "auditMissed":
    case "taskFinal":
    case "taskDisputed":
    case "taskNondeterministic":
    case "taskPoisoned":
    case "taskCancelled":
    case "taskRequeued": {
      const task = taskView(state, fact.taskId);
      if (task === null) return [];
      const reason = task.reason === null ? undefined : { ...task.reason };
      const { taskId, step, index, jobId } = task;
      return [{ jobId, event: { $case: "task", value: { taskId, step, index, state: task.state, reason } } }];
    }
    case "mismatchFound": {
      const task = taskView(state, fact.taskId);
      if (task === null) return [];
      const answers = task.leases
        .filter((lease) => lease.digest !== null)
        .map((lease) => ({ worker: lease.worker, operator: lease.operator, digest: lease.digest ?? "" }));
      return [
        {
          jobId: task.jobId,
          event: { $case: "mismatch", value: { taskId: task.taskId, resolver: fact.resolver, answers } },
        },
      ];
    }
    case "leaseFailed":
    case "leaseRevoked":
    case "leaseExpired":
    case "leaseSettled": {
      const lease = state.ledger.leases.get(fact.leaseId);
      const view =
        lease === undefined
          ? undefined
          : taskView(state, lease.taskId)?.leases.find((one) => one.leaseId === fact.leaseId);
      return lease === undefined || view === undefined
        ? []
        : [{ jobId: lease.jobId, event: { $case: "lease", value: leaseMessage(view) } }];
    }
    default:
      return [];
  }
}

function jobEvent(state: CoordinatorState, jobId: JobId): readonly Found[] {
  const view = jobView(state, jobId);
  return view === null ? [] : [{ jobId, event: { $case: "job", value: jobMessage(state, view, { withSpec: false }) } }];
}

/** A message of the watch. */
export function watchMessage(kept: Pick<Kept, "seq" | "at" | "event">): WatchJobResponse {
  return { resumeToken: String(kept.seq), atMs: moment(kept.at), event: kept.event };
}
