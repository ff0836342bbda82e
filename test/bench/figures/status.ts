// Status queries while thousands of tasks are under way.
import { setTimeout as delay } from "node:timers/promises";
import type { BenchContext, Figure } from "../figure.ts";
import { goals } from "../goals.ts";
import { withNetwork } from "../support/network.ts";
import { latency, whole } from "../support/statistics.ts";

const workers = 5;
const tasks = 10_000;
/** The first job brings the money. */
const first = { tasks: 200, dollars: 600 };
const warmQueries = 50;
const queries = 500;
/** Pause between queries: a person's tools ask a few times a second, a dashboard some dozens. */
const pauseMs = 5;
const pageSize = 50;

/** Asks for the job and for a page of its tasks, in turns. */
export async function measure(context: BenchContext): Promise<readonly Figure[]> {
  return await withNetwork(context, { workers }, async ({ client, noopJob, run }) => {
    const { signal } = context;
    const prepared = await noopJob(tasks);
    await run(await noopJob(first.tasks, first.dollars));
    const running = new AbortController();
    const job = run(prepared).finally(() => running.abort());
    job.catch(() => undefined);
    let jobId = "";
    while (jobId === "" && !running.signal.aborted) {
      const { jobs } = await client.jobs.listJobs(
        { pageSize: 10, pageToken: "", states: ["running"], labels: {}, idPrefix: "" },
        { signal },
      );
      jobId = jobs.find(({ name }) => name === prepared.document.name)?.jobId ?? "";
      await delay(pauseMs, undefined, { signal });
    }
    const jobSamples: number[] = [];
    const listSamples: number[] = [];
    let done = 0;
    for (let query = 0; query < warmQueries + queries && !running.signal.aborted; query += 1) {
      const startedAt = performance.now();
      const { job: seen } = await client.jobs.getJob({ jobId }, { signal });
      const middleAt = performance.now();
      await client.tasks.listTasks({ jobId, pageSize, pageToken: "", states: [] }, { signal });
      if (query >= warmQueries) {
        jobSamples.push(middleAt - startedAt);
        listSamples.push(performance.now() - middleAt);
      }
      done = (seen?.tasks?.accepted ?? 0) + (seen?.tasks?.final ?? 0);
      await delay(pauseMs, undefined, { signal });
    }
    // It may have ended meanwhile, on a fast machine.
    if (!running.signal.aborted) await client.jobs.cancelJob({ jobId }, { signal });
    await job.catch(() => undefined);
    const ofJob = latency(jobSamples);
    const ofList = latency(listSamples);
    return [
      {
        name: "status query under load",
        ours: `${ofJob.text} a job; ${ofList.text} a page of tasks`,
        how: `${jobSamples.length} queries over gRPC while a job of ${whole(tasks)} tasks runs on ${workers} workers (${whole(done)} done at the end); p50 / p99; the page holds ${pageSize} tasks`,
        values: {
          jobMsP50: ofJob.p50Ms,
          jobMsP99: ofJob.p99Ms,
          listMsP50: ofList.p50Ms,
          listMsP99: ofList.p99Ms,
          doneAtTheEnd: done,
        },
        beside: goals.statusQuery,
      },
    ];
  });
}
