// The coordinator's core in memory: placements, whole tasks, and what a queued task weighs.
import { mapStep } from "@starling/protocol";
import type { BenchContext, Figure } from "../figure.ts";
import { goals } from "../goals.ts";
import { CoreDriver } from "../support/core-driver.ts";
import { credit, greet, jobOf, work, workersOf } from "../support/core-workers.ts";
import { perSecond, whole } from "../support/statistics.ts";

const many = { workers: 2_000, slots: 8, tasks: 100_000 };
const few = { workers: 4, slots: 64, tasks: 20_000 };
const huge = { workers: 100_000, slots: 8, tasks: 1_000_000 };
/** Whole tasks are counted for so long, in turns alone. */
const workBusyMsMax = 8_000;
const placeBusyMsMax = 20_000;

/** Measures small, large and huge networks. */
export async function measure({ say, signal }: BenchContext): Promise<readonly Figure[]> {
  // The first round warms the code up.
  wholeTasks({ ...few, tasks: 2_000 });
  const tasksFew = wholeTasks(few);
  say(`4 workers: ${whole(tasksFew)} tasks/s`);
  signal.throwIfAborted();
  const tasksMany = wholeTasks(many);
  say(`2,000 workers: ${whole(tasksMany)} tasks/s`);
  signal.throwIfAborted();
  const placedFew = placements(few);
  const placedMany = placements(many);
  say(`2,000 workers: ${whole(placedMany.perSecond)} placements/s`);
  signal.throwIfAborted();
  const placedHuge = placements(huge);
  return await Promise.resolve([
    {
      name: "dispatch, core alone",
      ours: `${whole(placedFew.perSecond)} / ${whole(placedMany.perSecond)} leases/s`,
      how: "4 / 2,000 workers ask and are leased replicas, in turns of the core; CPU time of its thread, no I/O, no signatures",
      values: { leasesPerSecond4: placedFew.perSecond, leasesPerSecond2000: placedMany.perSecond },
      beside: goals.dispatch,
    },
    {
      name: "whole tasks, core alone",
      ours: `${whole(tasksFew)} / ${whole(tasksMany)} tasks/s`,
      how: "4 / 2,000 workers: ask, lease, accept, commit, set, reveal, verdict, pay for two replicas of each task; measured as above",
      values: { tasksPerSecond4: tasksFew, tasksPerSecond2000: tasksMany },
    },
    {
      name: "scheduler, 2,000 workers",
      ours: `${whole(placedMany.perSecond)} placed/s`,
      how: `as above: replicas are leased (${whole(placedMany.placed)} in all); 32,000 tasks of the job's window in memory`,
      values: { placedPerSecond: placedMany.perSecond, placed: placedMany.placed },
      beside: goals.scheduler,
    },
    {
      name: "scheduler, 100,000 workers",
      ours: `${whole(placedHuge.perSecond)} placed/s, ${whole(placedHuge.bytesPerTask)} B a queued task`,
      how: `all 1,000,000 tasks in memory; ${whole(placedHuge.placed)} placed; a worker's hello costs ${placedHuge.helloMicros.toFixed(0)} us and ${whole(placedHuge.bytesPerWorker)} B`,
      values: {
        placedPerSecond: placedHuge.perSecond,
        placed: placedHuge.placed,
        bytesPerTask: placedHuge.bytesPerTask,
        bytesPerWorker: placedHuge.bytesPerWorker,
        helloMicros: placedHuge.helloMicros,
      },
      beside: goals.scheduler,
    },
  ]);
}

interface Size {
  readonly workers: number;
  readonly slots: number;
  readonly tasks: number;
}

/** Accepted tasks per second of the core's own time. */
function wholeTasks(size: Size): number {
  const core = new CoreDriver();
  const workers = workersOf(size.workers, size.slots);
  const job = jobOf(size.tasks);
  greet(core, workers);
  core.fund(job);
  credit(core, workers, job);
  core.reset();
  work(core, new Map(workers.map((worker) => [worker.address, worker])), () => core.busyMs > workBusyMsMax);
  return perSecond(core.accepted, core.busyMs);
}

function placements(size: Size) {
  const core = new CoreDriver();
  const workers = workersOf(size.workers, size.slots);
  const job = jobOf(size.tasks);
  const empty = heapBytes();
  greet(core, workers);
  const helloMicros = (core.busyMs * 1_000) / size.workers;
  const greeted = heapBytes();
  core.fund(job);
  const queued = queueAll(core, job.jobId, size.tasks);
  const bytesPerTask = (heapBytes() - greeted) / queued;
  credit(core, workers, job);
  core.reset();
  for (const worker of workers) {
    core.feed(worker.ask());
    if (core.busyMs > placeBusyMsMax) break;
  }
  return {
    placed: core.placed,
    perSecond: perSecond(core.placed, core.busyMs),
    bytesPerTask,
    bytesPerWorker: (greeted - empty) / size.workers,
    helloMicros,
  };
}

// A job's tasks come into being a window at a time; ticks bring the rest of a large window.
function queueAll(core: CoreDriver, jobId: string, tasks: number): number {
  const job = [...core.state.ledger.jobs.values()].find((one) => one.jobId === jobId);
  if (job === undefined) throw new Error("the job is not there");
  for (let before = -1; job.mapQueued < tasks && job.mapQueued > before; ) {
    before = job.mapQueued;
    core.feed({ type: "tick" });
  }
  const queue = core.state.index.queues.get(`${job.jobId}/${mapStep}`);
  if (queue === undefined || queue.size === 0) throw new Error("no task is queued");
  return queue.size;
}

function heapBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}
