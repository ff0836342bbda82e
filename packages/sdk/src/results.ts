// Fetches a job's results and receipt.
import { join } from "node:path";
import { type Cid, isCid } from "@starling/protocol";
import type { TaskResult } from "@starling/protocol/rpc";
import { downloadFile } from "./artifacts.ts";
import { StarlingError } from "./call-error.ts";
import type { StarlingClient } from "./client.ts";
import { makeFolder } from "./folder.ts";
import type { CallOptions } from "./rpc-client.ts";

const SAFE_NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]*$/;

/** All accepted results, page by page. */
export async function* listResults(
  client: StarlingClient,
  jobId: string,
  options: CallOptions = {},
): AsyncIterable<TaskResult> {
  let pageToken = "";
  do {
    const page = await client.jobs.getJobResults({ jobId, pageSize: 500, pageToken }, options);
    yield* page.results;
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
}

/** Downloads every output to `<folder>/<step>/<index>/<name>`; returns the paths. */
export async function downloadResults(
  client: StarlingClient,
  target: { readonly jobId: string; readonly folder: string },
  options: CallOptions = {},
): Promise<string[]> {
  makeFolder(target.folder);
  const paths: string[] = [];
  for await (const result of listResults(client, target.jobId, options)) {
    for (const { name, cid } of result.outputs) {
      if (!SAFE_NAME.test(name) || !SAFE_NAME.test(result.step) || !isCid(cid))
        throw new StarlingError("internal", `the coordinator names an output "${name}" that can't be a file here`);
      const path = join(target.folder, result.step, String(result.index), name);
      await downloadFile(client, { cid: cid as Cid, path }, options);
      paths.push(path);
    }
  }
  return paths;
}

/** The portable receipt as canonical JSON text. */
export async function fetchReceipt(client: StarlingClient, jobId: string, options: CallOptions = {}): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const { piece } of client.jobs.getReceipt({ jobId }, options)) pieces.push(piece);
  return Buffer.concat(pieces).toString("utf8");
}

/** The one job whose id starts with a prefix. Throws when there is none or more than one. */
export async function resolveJobId(client: StarlingClient, prefix: string, options: CallOptions = {}): Promise<string> {
  const idPrefix = prefix.startsWith("0x") ? prefix.toLowerCase() : `0x${prefix.toLowerCase()}`;
  if (/^0x[0-9a-f]{64}$/.test(idPrefix)) return idPrefix;
  if (!/^0x[0-9a-f]+$/.test(idPrefix))
    throw new StarlingError(
      "invalidArgument",
      `"${prefix}" is not a job id: give 0x and hexadecimal digits, as \`starling job list\` shows them`,
    );
  const { jobs } = await client.jobs.listJobs(
    { pageSize: 3, pageToken: "", states: [], labels: {}, idPrefix },
    options,
  );
  const [only, second] = jobs;
  if (only === undefined)
    throw new StarlingError("jobNotFound", `no job of yours has an id that starts with ${prefix}`);
  if (second !== undefined)
    throw new StarlingError("invalidArgument", `several jobs have an id that starts with ${prefix}: give more digits`);
  return only.jobId;
}
