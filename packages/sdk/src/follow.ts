// Follows a job to its end, over restarts of the coordinator: each message names the place from which to go on.
import { setTimeout as delay } from "node:timers/promises";
import type { Job, WatchJobResponse } from "@starling/protocol/rpc";
import { StarlingError } from "./call-error.ts";
import type { StarlingClient } from "./client.ts";

export interface FollowOptions {
  readonly signal?: AbortSignal;
  /** From an earlier watch; empty to start with the job as it is. */
  readonly resumeToken?: string;
  /** How long a coordinator may be away before following is given up. */
  readonly patienceMs?: number;
}

const PATIENCE_MS = 60_000;
const RETRY_MS = 250;
const ended: ReadonlySet<string> = new Set(["completed", "failed", "cancelled"]);

/** Whether nothing more happens to a job but payments. */
export function isEnded(job: Pick<Job, "state">): boolean {
  return ended.has(job.state);
}

/** Everything that happens to a job, each thing once, until its end and the end of its payments. */
export async function* followJob(
  client: StarlingClient,
  jobId: string,
  options: FollowOptions = {},
): AsyncIterable<WatchJobResponse> {
  let resumeToken = options.resumeToken ?? "";
  let silentSince: number | null = null;
  for (;;) {
    try {
      for await (const message of client.jobs.watchJob({ jobId, resumeToken }, callOptions(options.signal))) {
        silentSince = null;
        resumeToken = message.resumeToken;
        yield message;
        if (message.event?.$case === "end") return;
      }
    } catch (error) {
      if (!(error instanceof StarlingError) || !error.retryHelps || options.signal?.aborted === true) throw error;
      // Too far behind: the next watch starts with the job as it is now.
      if (error.code === "resync") resumeToken = "";
      silentSince ??= performance.now();
      if (performance.now() - silentSince > (options.patienceMs ?? PATIENCE_MS)) throw error;
    }
    await delay(RETRY_MS, undefined, callOptions(options.signal));
  }
}

/** Waits until the job has ended; its payments may still be under way. */
export async function waitForJob(client: StarlingClient, jobId: string, options: FollowOptions = {}): Promise<Job> {
  for await (const { event } of followJob(client, jobId, options)) {
    if (event?.$case === "job" && isEnded(event.value)) return event.value;
    if (event?.$case === "end" && event.value.job !== undefined) return event.value.job;
  }
  throw new StarlingError("internal", `the watch of job ${jobId} ended before the job`);
}

function callOptions(signal: AbortSignal | undefined): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}
