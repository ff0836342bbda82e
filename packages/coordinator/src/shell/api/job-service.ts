// JobService: submit, follow, fetch, explain.
import type { Outcome } from "@starling/kernel";
import { type BoundService, bindService, type CallContext, type Emit } from "@starling/node-kit";
import { artifactsOf, hasChain, itemAt, type JobId, type JobSubmission, limits, mapStep } from "@starling/protocol";
import {
  type CancelJobResponse,
  type GetJobLogsRequest,
  type GetJobLogsResponse,
  type GetJobResultsRequest,
  type GetJobResultsResponse,
  type GetReceiptResponse,
  JobServiceDefinition,
  type ListJobsRequest,
  type ListJobsResponse,
  type SubmitJobRequest,
  type SubmitJobResponse,
  type TaskResult,
  type WatchJobRequest,
  type WatchJobResponse,
} from "@starling/protocol/rpc";
import { type JobState, jobView, listJobs, listTasks, type TaskView } from "../../core/index.ts";
import type { ApiDeps } from "./deps.ts";
import { explain, isOver } from "./explain.ts";
import { jobMessage } from "./messages.ts";
import { PermitDesk } from "./permits.ts";
import { planFor } from "./plan.ts";
import { quoteFor } from "./quote.ts";
import { receiptText } from "./receipt.ts";
import { ownJob, pageSize, refusal, refusalOf } from "./refuse.ts";
import { readSubmission } from "./submission.ts";
import { watchMessage } from "./watch.ts";

const PAGE = { most: limits.pageRows, usual: limits.pageRowsDefault };
const PIECE_BYTES = 256 * 1024;
const TASKS_PER_LOOK = 500;

/** The service over one engine. */
export function jobService(deps: ApiDeps): BoundService {
  const permits = new PermitDesk(deps);
  return bindService(
    JobServiceDefinition,
    {
      getQuote: (request, context) => quoteFor({ ...deps, permits }, request.payer, context),
      planJob: (request, context) => planFor(deps, request, context),
      submitJob: (request, context) => submit({ ...deps, permits }, request, context),
      getJob: async ({ jobId }, { identity }) => ({
        job: await deps.engine.readSettled((state) =>
          jobMessage(state, ownJob(state, jobId, identity), { withSpec: true }),
        ),
      }),
      listJobs: (request, context) => list(deps, request, context),
      cancelJob: ({ jobId }, context) => cancel(deps, jobId, context),
      watchJob: (request, emit, context) => watch(deps, request, { emit, context }),
      getJobLogs: (request, emit, context) => logs(deps, request, { emit, context }),
      getJobResults: (request, context) => results(deps, request, context),
      explainJob: ({ jobId }, context) => explain(deps, jobId, context),
      getReceipt: ({ jobId }, emit, context) => receipt(deps, jobId, { emit, context }),
    },
    {
      getQuote: "known",
      planJob: "known",
      submitJob: "known",
      getJob: "known",
      listJobs: "known",
      cancelJob: "known",
      watchJob: "known",
      getJobLogs: "known",
      getJobResults: "known",
      explainJob: "known",
      getReceipt: "known",
    },
  );
}

interface Streaming<T> {
  readonly emit: Emit<T>;
  readonly context: CallContext;
}

async function submit(
  deps: ApiDeps & { readonly permits: PermitDesk },
  request: SubmitJobRequest,
  { identity, signal }: CallContext,
): Promise<SubmitJobResponse> {
  const submission = readSubmission(request, deps.checks);
  if (identity.kind === "account" && identity.address !== submission.payer)
    throw refusal("permissionDenied", "this API key belongs to another account than the payer");
  const missing = artifactsOf(submission.spec).filter((cid) => deps.artifacts.stat(cid) === null);
  if (missing.length > 0) {
    throw refusal(
      "artifactMissing",
      `${missing.length} files of the job are not here: upload them with ArtifactService.PutArtifact first`,
      missing.map((cid) => ({ field: "spec_json", description: cid })),
    );
  }
  // Pinned before the job is durable, so that eviction never gets between. Once it is, the job has pins of its own.
  for (const cid of artifactsOf(submission.spec)) deps.artifacts.pin(cid);
  const outcome = await accept(deps, submission, signal).finally(() => {
    for (const cid of artifactsOf(submission.spec)) deps.artifacts.unpin(cid);
  });
  if (!outcome.ok) throw refusalOf(outcome);
  const duplicate = isObject(outcome.value) && Reflect.get(outcome.value, "duplicate") === true;
  const escrowId = deps.engine.read((state) => jobView(state, submission.jobId)?.escrowId ?? submission.newEscrowId);
  return { jobId: submission.jobId, created: !duplicate, escrowId };
}

// Said again, a job is the same and its permit is not looked at.
async function accept(
  { engine, permits, network }: ApiDeps & { readonly permits: PermitDesk },
  submission: JobSubmission,
  signal: AbortSignal,
): Promise<Outcome> {
  const { payer, permit, jobId } = submission;
  const submit = () => engine.submit({ type: "jobSubmitted", submission });
  const isKnown = engine.read((state) => jobView(state, jobId)) !== null;
  if (permit === null || isKnown || !hasChain(network)) return await submit();
  return await permits.inTurn({ payer, permit }, { signal, submit });
}

async function list(deps: ApiDeps, request: ListJobsRequest, { identity }: CallContext): Promise<ListJobsResponse> {
  const limit = pageSize(request.pageSize, PAGE);
  return await deps.engine.readSettled((state) => {
    const page = listJobs(state, {
      limit,
      idPrefix: request.idPrefix,
      labels: request.labels,
      ...(identity.kind === "account" ? { payer: identity.address } : {}),
      ...(request.states.length === 0 ? {} : { states: request.states as JobState[] }),
      ...(request.pageToken === "" ? {} : { cursor: request.pageToken }),
    });
    return {
      jobs: page.items.map((job) => jobMessage(state, job, { withSpec: false })),
      nextPageToken: page.nextCursor ?? "",
    };
  });
}

async function cancel(deps: ApiDeps, jobId: string, { identity }: CallContext): Promise<CancelJobResponse> {
  const { payer } = deps.engine.read((state) => ownJob(state, jobId, identity));
  const outcome = await deps.engine.submit({ type: "jobCancelled", jobId: jobId as JobId, payer });
  if (!outcome.ok) throw refusalOf(outcome);
  return { job: deps.engine.read((state) => jobMessage(state, ownJob(state, jobId, identity), { withSpec: false })) };
}

async function watch(
  deps: ApiDeps,
  request: WatchJobRequest,
  { emit, context }: Streaming<WatchJobResponse>,
): Promise<void> {
  const { engine, events } = deps;
  const jobId = request.jobId as JobId;
  const now = (): { seq: number; at: number; job: ReturnType<typeof jobMessage> } =>
    engine.read((state) => ({
      seq: events.lastSeq,
      at: engine.now(),
      job: jobMessage(state, ownJob(state, jobId, context.identity), { withSpec: false }),
    }));
  let { seq, at, job } = await engine.readSettled(() => now());
  if (request.resumeToken === "") await emit(watchMessage({ seq, at, event: { $case: "job", value: job } }));
  else seq = Number(request.resumeToken);
  for (;;) {
    // What comes while messages are on their way is for the next round.
    const upTo = events.lastSeq;
    const news = await events.since(jobId, seq, context.signal);
    // The token is of another journal, or too old: the watcher starts over.
    if (news === null) throw refusal("resync", "the resume token is too old: watch again without one");
    for (const kept of news) await emit(watchMessage(kept));
    seq = Math.max(seq, upTo, news.at(-1)?.seq ?? 0);
    if (events.lastSeq > seq) continue;
    ({ at, job } = now());
    if (engine.read((state) => isOver(state, jobId))) {
      await emit(watchMessage({ seq, at, event: { $case: "end", value: { job } } }));
      return;
    }
    if (events.lastSeq === seq) await events.more(context.signal);
  }
}

async function logs(
  deps: ApiDeps,
  request: GetJobLogsRequest,
  { emit, context }: Streaming<GetJobLogsResponse>,
): Promise<void> {
  for await (const task of allTasks(deps, request.jobId, context)) {
    if (request.taskId !== "" && request.taskId !== task.taskId) continue;
    for (const lease of task.leases) {
      if (lease.state !== "failed") continue;
      const reason = lease.reason === null ? undefined : { ...lease.reason };
      await emit({ taskId: task.taskId, attempt: lease.attempt, worker: lease.worker, reason, text: lease.log });
    }
  }
}

async function* allTasks(deps: ApiDeps, jobId: string, { identity }: CallContext): AsyncIterable<TaskView> {
  let cursor: string | null = null;
  do {
    const page: ReturnType<typeof listTasks> = deps.engine.read((state) => {
      ownJob(state, jobId, identity);
      return listTasks(state, { jobId: jobId as JobId, limit: TASKS_PER_LOOK, ...(cursor === null ? {} : { cursor }) });
    });
    yield* page?.items ?? [];
    cursor = page?.nextCursor ?? null;
  } while (cursor !== null);
}

async function results(
  deps: ApiDeps,
  request: GetJobResultsRequest,
  { identity }: CallContext,
): Promise<GetJobResultsResponse> {
  const limit = pageSize(request.pageSize, PAGE);
  return await deps.engine.readSettled((state) => {
    const view = ownJob(state, request.jobId, identity);
    const page = listTasks(state, {
      jobId: view.jobId,
      states: ["accepted", "final"],
      limit,
      ...(request.pageToken === "" ? {} : { cursor: request.pageToken }),
    });
    const spec = state.ledger.jobs.get(view.jobId)?.submission.spec;
    return {
      results: (page?.items ?? []).map((task) =>
        resultMessage(task, task.step === mapStep && spec !== undefined ? itemAt(spec.each, task.index) : {}),
      ),
      nextPageToken: page?.nextCursor ?? "",
      complete: view.tasks.accepted + view.tasks.final === view.tasksTotal,
    };
  });
}

function resultMessage(task: TaskView, item: Readonly<Record<string, string>>): TaskResult {
  return {
    taskId: task.taskId,
    step: task.step,
    index: task.index,
    digest: task.digest ?? "",
    outputs: task.outputs.map(({ name, cid, size }) => ({ name, cid, size: BigInt(size) })),
    workers: task.leases.filter((lease) => lease.verdict === "accepted").map((lease) => lease.worker),
    acceptedBy: task.acceptedBy ?? "",
    item: { ...item },
    anchored: task.state === "final",
  };
}

async function receipt(deps: ApiDeps, jobId: string, { emit, context }: Streaming<GetReceiptResponse>): Promise<void> {
  const text = await receiptText(deps, jobId as JobId, context.identity);
  const bytes = Buffer.from(text, "utf8");
  for (let start = 0; start < bytes.length; start += PIECE_BYTES)
    await emit({ piece: bytes.subarray(start, start + PIECE_BYTES) });
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
