// What is derived from the ledger so that a turn costs as much as it changes: queues, live leases, deadlines. Rebuilt after a restart.
import type { Address, Hash, JobId, LeaseId, TaskId } from "@starling/protocol";
import type { Shares } from "./shares.ts";
import { StepQueue } from "./step-queue.ts";
import { Timers } from "./timers.ts";
import type { Unchecked } from "./unchecked.ts";

/** Names a step of a job: `<jobId>/<step>`. */
export type StepKey = string;

/** A job's lottery, opened. */
export interface Lottery {
  /** Null when it was sealed under a key that is not ours: then everything is audited. */
  readonly secret: Hash | null;
  /** The index of the task that is handed out at a position. */
  readonly indexAt: (position: number) => number;
}

export interface CoordinatorIndex {
  /** Waiting tasks by step; a step without them has no queue. */
  readonly queues: Map<StepKey, StepQueue>;
  /** Leases in which a worker still owes something. */
  readonly liveLeases: Map<Address, Set<LeaseId>>;
  /** Jobs that have not ended, oldest first. */
  readonly openJobs: Set<JobId>;
  readonly openJobsOfPayer: Map<Address, number>;
  /** How many leases the jobs of a payer have out, for fair shares. */
  readonly leasesOfPayer: Map<Address, number>;
  /** Tasks with a provisional result, by the operators that stand behind it. */
  readonly unsettledOf: Map<Address, Set<TaskId>>;
  /** Lotteries of jobs that were looked at since the start and have not ended. */
  readonly lotteries: Map<JobId, Lottery>;
  /** What the money for audits has to suffice for. */
  readonly unchecked: Unchecked;
  /** How the leases of open jobs are spread over operators. */
  readonly shares: Shares;
  readonly timers: Timers;
}

/** An index over nothing. */
export function emptyIndex(): CoordinatorIndex {
  return {
    queues: new Map(),
    liveLeases: new Map(),
    openJobs: new Set(),
    openJobsOfPayer: new Map(),
    leasesOfPayer: new Map(),
    unsettledOf: new Map(),
    lotteries: new Map(),
    unchecked: new Map(),
    shares: new Map(),
    timers: new Timers(),
  };
}

/** The name of a step. */
export function stepKey(jobId: JobId, step: string): StepKey {
  return `${jobId}/${step}`;
}

/** The queue of a step, made when it is missing. */
export function queueOf(index: CoordinatorIndex, key: StepKey): StepQueue {
  const known = index.queues.get(key);
  if (known !== undefined) return known;
  const made = new StepQueue();
  index.queues.set(key, made);
  return made;
}
