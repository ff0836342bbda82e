// `starling job`: submit, run, follow, fetch, explain, cancel.
import { writeFile } from "node:fs/promises";
import { constants } from "node:os";
import { join } from "node:path";
import { exitCode } from "@starling/protocol";
import type { GetJobLogsResponse, Job, WatchJobResponse } from "@starling/protocol/rpc";
import {
  downloadCompared,
  downloadResults,
  fetchReceipt,
  followJob,
  isEnded,
  makeFolder,
  prepareJob,
  resolveJobId,
  type StarlingClient,
  StarlingError,
  sizesFrom,
  submitJob,
  waitForJob,
} from "@starling/sdk";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { eventLine } from "../output/event.ts";
import { formatListing, formatOne, toJson } from "../output/format.ts";
import { explanationText, hasLogs, jobColumns, jobLines } from "../output/job.ts";
import { shortTaskId } from "../output/task.ts";
import { shortId } from "../output/words.ts";
import { type Action, command, statesOf } from "./command.ts";
import { plan, warnBefore } from "./plan.ts";
import { RunProgress } from "./run-progress.ts";
import { Silence } from "./silence.ts";

/** Adds the noun and its verbs. */
export function addJobCommands(program: Command): void {
  const job = program.command("job").description("Submit jobs and follow them");
  command(job, "plan", {
    description: "Say what a job would cost at each level of trust, and who could run it; spends nothing",
    run: plan,
  }).requiredOption("-f, --file <job.yaml>", "the job");
  command(job, "submit", { description: "Submit a job and print its id", run: submit })
    .requiredOption("-f, --file <job.yaml>", "the job")
    .option("-k, --idempotency-key <key>", "a second submission with the same key is the same job");
  command(job, "run", { description: "Submit a job, follow it, and exit with its status", run: runJob })
    .requiredOption("-f, --file <job.yaml>", "the job")
    .option("-k, --idempotency-key <key>", "a second submission with the same key is the same job")
    .option("--to <folder>", "fetch results and receipt into this folder");
  command(job, "list", { description: "List your jobs, the newest first", run: list })
    .option("-s, --state <state...>", "only jobs in these states")
    .option("-l, --label <key=value...>", "only jobs with these labels");
  command(job, "describe <id>", { description: "Show one job", run: describe });
  command(job, "watch <id>", {
    description: "Print everything that happens to a job until it ends",
    run: watch,
  }).option("--resume <token>", "go on after this token of an earlier watch");
  command(job, "wait <id>", { description: "Wait until a job has ended, and exit with its status", run: wait }).option(
    "--timeout <seconds>",
    "give up after so long",
  );
  command(job, "results <id>", { description: "Fetch the results and the receipt", run: results }).requiredOption(
    "--to <folder>",
    "where the files go",
  );
  command(job, "logs <id>", { description: "Print the logs of failed attempts", run: logs });
  command(job, "explain <id>", { description: "Say what a job waits for, and what would change that", run: explain });
  command(job, "cancel <id>", { description: "Stop a job; what is accepted stays paid", run: cancel });
}

const jobStates = ["accepted", "running", "completed", "failed", "cancelled"] as const;

/** The exit code that a job's end stands for. */
function exitCodeOf(job: Job): number {
  if (job.state === "completed") return exitCode.ok;
  // Its time ran out before anybody took a single task.
  if (job.reason?.code === "deadlineExceeded" && job.startedAtMs === 0n) return exitCode.notPlaced;
  return new StarlingError(job.reason?.code ?? "", "").exitCode;
}

async function submitted(
  context: Context,
  client: StarlingClient,
  options: Readonly<Record<string, unknown>>,
): Promise<{ jobId: string; created: boolean; escrowId: string; idempotencyKey: string }> {
  const prepared = await prepareJob(String(options.file), sizesFrom(client));
  const key = options.idempotencyKey;
  const payer = await context.payer();
  await warnBefore(context, client, { prepared, payer: payer.address });
  const answer = await submitJob(
    client,
    { prepared, payer },
    {
      onStep: (step) => context.say(step),
      ...(typeof key === "string" ? { idempotencyKey: key } : {}),
    },
  );
  if (!answer.created) context.say("this submission came before: it is the same job, and nothing was spent");
  return answer;
}

const submit: Action = async (context, _args, options) => {
  const answer = await context.withClient((client) => submitted(context, client, options));
  context.print(
    context.isForPeople ? `${answer.jobId}\n` : formatOne(answer, { lines: [], name: answer.jobId }, context.format),
  );
};

const runJob: Action = async (context, _args, options) => {
  // Before anything is spent: a folder that can't be written to would lose no result, but the payer's patience.
  if (typeof options.to === "string") makeFolder(options.to);
  return await context.withClient(async (client) => {
    const { jobId } = await submitted(context, client, options);
    context.say(`job ${jobId}`);
    tellOnInterrupt(context, jobId);
    let last: Job | undefined;
    const progress = new RunProgress(context, client, jobId);
    try {
      for await (const message of followJob(client, jobId)) {
        last = jobOf(message) ?? last;
        progress.tell(message);
        // The result is there; payments go on without us unless files are wanted, which need the anchor.
        if (last !== undefined && isEnded(last) && options.to === undefined) break;
      }
    } finally {
      progress.end();
    }
    if (last === undefined) throw new StarlingError("internal", "the watch ended before the job");
    if (typeof options.to === "string" && last.state === "completed")
      await fetchAll(context, client, { jobId, folder: options.to });
    context.print(formatOne(last, { lines: jobLines(last), name: last.jobId }, context.format));
    if (hasLogs(last)) context.say(`\`starling job logs ${shortId(jobId)}\` shows what failed attempts said`);
    return exitCodeOf(last);
  });
};

// Who leaves a job alone should know that it goes on, and spends.
function tellOnInterrupt(context: Context, jobId: string): void {
  process.once("SIGINT", () => {
    const id = shortId(jobId);
    context.say(
      `job ${id} goes on without you: \`starling job watch ${id}\` follows it, \`starling job cancel ${id}\` stops it`,
    );
    process.exit(128 + constants.signals.SIGINT);
  });
}

const list: Action = async (context, _args, options) => {
  const states = statesOf(options.state, jobStates);
  const labels = Array.isArray(options.label)
    ? Object.fromEntries(options.label.map((pair) => splitLabel(String(pair))))
    : {};
  const jobs = await context.withClient(async (client) => {
    const rows: Job[] = [];
    let pageToken = "";
    do {
      const page = await client.jobs.listJobs({ pageSize: 500, pageToken, states, labels, idPrefix: "" });
      rows.push(...page.jobs);
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    return rows;
  });
  context.print(formatListing({ rows: jobs, columns: jobColumns, name: (job) => job.jobId }, context.format));
};

function splitLabel(pair: string): [string, string] {
  const at = pair.indexOf("=");
  if (at < 1) throw new StarlingError("invalidArgument", `a label is key=value, not "${pair}"`);
  return [pair.slice(0, at), pair.slice(at + 1)];
}

const describe: Action = async (context, [id]) => {
  const job = await context.withClient(async (client) => jobWith(client, await resolveJobId(client, id ?? "")));
  context.print(formatOne(job, { lines: jobLines(job), name: job.jobId }, context.format));
};

const watch: Action = async (context, [id], options) => {
  await context.withClient(async (client) => {
    const jobId = await resolveJobId(client, id ?? "");
    const resumeToken = typeof options.resume === "string" ? options.resume : "";
    const silence = new Silence(context, client, jobId);
    try {
      for await (const message of followJob(client, jobId, { resumeToken })) {
        silence.heard();
        if (context.isForPeople) {
          const line = eventLine(message);
          if (line !== null) context.print(`${line}\n`);
        } else context.print(`${toJson(message)}\n`);
      }
    } finally {
      silence.end();
    }
  });
};

const wait: Action = async (context, [id], options) => {
  const seconds = options.timeout === undefined ? null : Number(options.timeout);
  if (seconds !== null && !(seconds > 0))
    throw new StarlingError("invalidArgument", `--timeout takes a number of seconds, not "${options.timeout}"`);
  const signal = seconds === null ? undefined : AbortSignal.timeout(seconds * 1_000);
  return await context.withClient(async (client) => {
    const jobId = await resolveJobId(client, id ?? "");
    try {
      const job = await waitForJob(client, jobId, signal === undefined ? {} : { signal });
      context.print(formatOne(job, { lines: jobLines(job), name: job.jobId }, context.format));
      return exitCodeOf(job);
    } catch (error) {
      if (signal?.aborted === true)
        throw new StarlingError(
          "timedOut",
          `job ${shortId(jobId)} has not ended within ${seconds} s; \`starling job explain ${shortId(jobId)}\` says what it waits for`,
        );
      throw error;
    }
  });
};

const results: Action = async (context, [id], options) => {
  const paths = await context.withClient(async (client) =>
    fetchAll(context, client, { jobId: await resolveJobId(client, id ?? ""), folder: String(options.to) }),
  );
  context.print(
    formatListing(
      { rows: paths, columns: [{ title: "FILE", value: (path) => path }], name: (path) => path },
      context.format,
    ),
  );
};

async function fetchAll(
  context: Context,
  client: StarlingClient,
  target: { readonly jobId: string; readonly folder: string },
): Promise<string[]> {
  const paths = await downloadResults(client, target);
  const receiptPath = join(target.folder, "receipt.json");
  const receipt = await fetchReceipt(client, target.jobId).catch((error: unknown) => {
    context.say(`no receipt: ${error instanceof Error ? error.message : String(error)}`);
    return null;
  });
  if (receipt === null) return paths;
  await writeFile(receiptPath, receipt);
  // Only for measuring again what was compared as numbers: without them the coordinator's word stands.
  const compared = await downloadCompared(client, { receipt, folder: target.folder }).catch((error: unknown) => {
    context.say(
      `not all compared outputs are there any more: ${error instanceof Error ? error.message : String(error)}`,
    );
    return [];
  });
  return [...paths, receiptPath, ...compared];
}

const logs: Action = async (context, [id]) => {
  await context.withClient(async (client) => {
    const jobId = await resolveJobId(client, id ?? "");
    let count = 0;
    for await (const log of client.jobs.getJobLogs({ jobId, taskId: "" })) {
      count += 1;
      context.print(context.isForPeople ? logText(log) : `${toJson(log)}\n`);
    }
    if (count === 0) context.say("no attempt of this job has failed");
  });
};

function logText({ taskId, attempt, worker, reason, text }: GetJobLogsResponse): string {
  const said = text === "" ? "(it said nothing)" : text;
  return `--- ${shortTaskId(taskId)}, attempt ${attempt} on ${worker}: ${reason?.message ?? ""} (${reason?.code ?? ""})\n${said.trimEnd()}\n`;
}

const explain: Action = async (context, [id]) => {
  const explained = await context.withClient(async (client) =>
    client.jobs.explainJob({ jobId: await resolveJobId(client, id ?? "") }),
  );
  context.print(
    context.isForPeople
      ? explanationText(explained)
      : formatOne(explained, { lines: [], name: explained.job?.jobId ?? "" }, context.format),
  );
};

const cancel: Action = async (context, [id]) => {
  const job = await context.withClient(async (client) => {
    const { job: cancelled } = await client.jobs.cancelJob({ jobId: await resolveJobId(client, id ?? "") });
    if (cancelled === undefined)
      throw new StarlingError("internal", "the coordinator did not say what became of the job");
    return cancelled;
  });
  context.print(formatOne(job, { lines: jobLines(job), name: job.jobId }, context.format));
};

async function jobWith(client: StarlingClient, jobId: string): Promise<Job> {
  const { job } = await client.jobs.getJob({ jobId });
  if (job === undefined) throw new StarlingError("jobNotFound", `there is no job ${jobId}`);
  return job;
}

function jobOf({ event }: WatchJobResponse): Job | undefined {
  if (event?.$case === "job") return event.value;
  return event?.$case === "end" ? event.value.job : undefined;
}
