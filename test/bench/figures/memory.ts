// What a task weighs in the coordinator's memory while it waits, and after its result is settled.
import type { BenchContext, Figure } from "../figure.ts";
import { CoreDriver } from "../support/core-driver.ts";
import { credit, greet, jobOf, work, workersOf } from "../support/core-workers.ts";
import { whole } from "../support/statistics.ts";

/** A window holds sixteen tasks for each worker: so many workers have all tasks in memory at once. */
const size = { workers: 3_200, slots: 8, tasks: 50_000 };
/** The rest of a job that does not end within this is not waited for. */
const busyMsMax = 90_000;

/** Measures by difference of the heap, the collector having run. */
export async function measure({ say, signal }: BenchContext): Promise<readonly Figure[]> {
  const core = new CoreDriver();
  const workers = workersOf(size.workers, size.slots);
  const job = jobOf(size.tasks);
  greet(core, workers);
  // A funded job has its first window in memory at once.
  const before = heapBytes();
  core.fund(job);
  const queued = queueAll(core, job.jobId);
  const bytesOpen = (heapBytes() - before) / queued;
  say(`${whole(bytesOpen)} B an open task`);
  signal.throwIfAborted();
  credit(core, workers, job);
  core.reset();
  work(core, new Map(workers.map((worker) => [worker.address, worker])), () => core.busyMs > busyMsMax);
  const { accepted } = core;
  const bytesAnswered = (heapBytes() - before) / Math.max(1, accepted);
  return await Promise.resolve([
    {
      name: "coordinator's memory, core alone",
      ours: `${whole(bytesOpen)} B an open task, ${whole(bytesAnswered)} B with its answers`,
      how: `${whole(queued)} tasks of two replicas queued, then ${whole(accepted)} of them answered with all evidence for receipts; heap by difference`,
      values: { bytesPerOpenTask: bytesOpen, bytesPerAnsweredTask: bytesAnswered, queued, accepted },
    },
  ]);
}

// A job's tasks come into being a window at a time; ticks bring the rest.
function queueAll(core: CoreDriver, jobId: string): number {
  const job = [...core.state.ledger.jobs.values()].find((one) => one.jobId === jobId);
  if (job === undefined) throw new Error("the job is not there");
  for (let before = -1; job.mapQueued < size.tasks && job.mapQueued > before; ) {
    before = job.mapQueued;
    core.feed({ type: "tick" });
  }
  return job.mapQueued;
}

function heapBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}
