// Read models of the core as messages of the API.
import { canonicalJson, mapStep, measures, measureUnits, reduceTask, taskAt } from "@starling/protocol";
import type { Job, Lease, Node, Task } from "@starling/protocol/rpc";
import {
  type CoordinatorState,
  type JobView,
  jobUsageView,
  jobView,
  type LeaseView,
  type NodeView,
  type Reason,
  type TaskView,
} from "../../core/index.ts";

import { jobUsageMessages, usageMessage } from "./usage.ts";

const ENDED_LEASES: ReadonlySet<string> = new Set(["settled", "declined", "expired", "revoked", "failed"]);

/** Zero stands for "not yet" in times. */
export function moment(at: number | null): bigint {
  return at === null ? 0n : BigInt(Math.trunc(at));
}

function reasonMessage(reason: Reason | null): Job["reason"] {
  return reason === null ? undefined : { code: reason.code, message: reason.message };
}

/** A job; its spec and what its attempts used are left out of listings. */
export function jobMessage(state: CoordinatorState, view: JobView, options: { readonly withSpec: boolean }): Job {
  const submission = state.ledger.jobs.get(view.jobId)?.submission;
  const { tasks } = view;
  const existing = Object.values(tasks).reduce((sum, count) => sum + count, 0);
  // Tasks that were not made yet wait like queued ones, unless the job is over and they never will be.
  const toCome = Math.max(0, view.tasksTotal - existing);
  const isOver = view.endedAt !== null;
  return {
    jobId: view.jobId,
    name: view.name,
    labels: { ...view.labels },
    idempotencyKey: view.idempotencyKey,
    state: view.state,
    reason: reasonMessage(view.reason),
    payer: view.payer,
    escrowId: view.escrowId,
    specHash: submission?.specHash ?? "",
    specJson: options.withSpec && submission !== undefined ? canonicalJson(submission.spec) : "",
    trust: view.trust,
    priority: submission?.priority ?? "normal",
    tasks: {
      total: view.tasksTotal,
      queued: tasks.queued + (isOver ? 0 : toCome),
      collecting: tasks.collecting,
      accepted: tasks.accepted,
      final: tasks.final,
      disputed: tasks.disputed,
      nondeterministic: tasks.nondeterministic,
      poison: tasks.poison,
      cancelled: tasks.cancelled + (isOver ? toCome : 0),
    },
    budget: String(view.budget),
    perTaskMax: String(view.perTaskMax),
    spent: String(view.owed),
    acceptedAtMs: moment(view.acceptedAt),
    startedAtMs: moment(view.startedAt),
    endedAtMs: moment(view.endedAt),
    deadlineAtMs: moment(view.deadlineAt),
    traceId: view.traceId,
    receiptReady: view.anchored && tasks.accepted + tasks.final > 0,
    provisional: view.provisional,
    audits: { ...view.audits },
    ...(options.withSpec ? jobUsageMessages(jobUsageView(state, view.jobId)) : { usage: [], suggestions: [] }),
  };
}

/** One attempt. */
export function leaseMessage(view: LeaseView): Lease {
  return {
    leaseId: view.leaseId,
    taskId: view.taskId,
    attempt: view.attempt,
    worker: view.worker,
    operator: view.operator,
    role: view.role,
    state: view.state,
    reason: reasonMessage(view.reason),
    price: String(view.price),
    fine: String(view.fine),
    offeredAtMs: moment(view.offeredAt),
    endedAtMs: moment(view.endedAt),
    deadlineAtMs: ENDED_LEASES.has(view.state) ? 0n : moment(view.deadlineAt),
    digest: view.digest ?? "",
    verdict: view.verdict ?? "",
    done: BigInt(view.progress?.done ?? 0),
    total: BigInt(view.progress?.total ?? 0),
    traceId: view.traceId,
    usage: view.usage === null ? undefined : usageMessage(view.usage),
    exitCode: view.ending?.exitCode,
    signal: view.ending?.signal ?? 0,
    outOfMemory: view.ending?.outOfMemory ?? false,
    resumed: view.resumed === null ? undefined : { step: BigInt(view.resumed.step), worker: view.resumed.worker },
    checkpointStep: view.checkpointStep === null ? undefined : BigInt(view.checkpointStep),
  };
}

// What its program is called with. The inputs of a reduce task, which may not be there yet, change nothing about that.
function argumentsOf(state: CoordinatorState, { jobId, step, index }: TaskView): readonly string[] {
  const spec = state.ledger.jobs.get(jobId)?.submission.spec;
  if (spec === undefined) return [];
  return (step === mapStep ? taskAt(spec, index) : reduceTask(spec, []))?.args ?? [];
}

/** One task with its attempts. */
export function taskMessage(state: CoordinatorState, view: TaskView): Task {
  const job = jobView(state, view.jobId);
  return {
    taskId: view.taskId,
    jobId: view.jobId,
    step: view.step,
    index: view.index,
    state: view.state,
    reason: reasonMessage(view.reason),
    sinceMs: moment(view.since),
    taskSpec: view.leases[0]?.taskSpec ?? "",
    attempts: view.attempts,
    replicasWanted: job?.replicas ?? 0,
    leases: view.leases.map(leaseMessage),
    digest: view.digest ?? "",
    outputs: view.outputs.map(({ name, cid, size }) => ({ name, cid, size: BigInt(size) })),
    args: [...argumentsOf(state, view)],
    item: { ...view.item },
    deadlineAtMs: moment(job?.deadlineAt ?? null),
    settlesAtMs: moment(view.settlesAt),
    settledAtMs: moment(view.settledAt),
    audits: view.audits.map(({ cause, at, missed }) => ({ cause, atMs: moment(at), missed: reasonMessage(missed) })),
  };
}

/** One worker. The stake is what the chain says, which is asked apart; null when it was not asked or did not answer. */
export function nodeMessage(
  view: NodeView,
  known: { readonly stake: bigint | null; readonly isReferee: boolean },
): Node {
  const { resources } = view;
  return {
    worker: view.worker,
    operator: view.operator,
    peerId: view.peerId,
    state: view.draining ? "draining" : view.state,
    reason: reasonMessage(view.reason),
    source: view.source,
    connected: view.connected,
    heardAtMs: moment(view.lastSeenAt),
    knownAtMs: moment(view.knownAt),
    remoteAddress: view.remoteAddress,
    arch: resources.arch,
    cpuModel: resources.cpuModel,
    cpuCores: resources.cpuCores,
    memoryBytes: BigInt(resources.memoryBytes),
    diskBytes: BigInt(resources.diskBytes),
    accelerators: resources.accelerators.map(({ vendor, model, vramBytes, arch, driver }) => ({
      vendor,
      model,
      vramBytes: BigInt(vramBytes),
      arch,
      driver,
    })),
    classes: view.classes.map(({ name, engine, calibration }) => ({ name, engine, calibration })),
    slots: view.slots,
    leases: view.leases,
    hold: view.hold?.reason ?? "",
    holdUntilMs: moment(view.hold?.until ?? null),
    pricePerTask: String(view.pricePerTask),
    region: view.region,
    accepted: view.accepted,
    rejected: view.rejected,
    stake: known.stake === null ? "" : String(known.stake),
    recordExpiresAtMs: moment(view.expiresAt),
    referee: known.isReferee,
    standings: view.standings.map((standing) => ({
      ...standing,
      outcomes: standing.outcomes.map((one) => ({ ...one })),
    })),
    caught: view.caught,
    finesDue: String(view.finesDue),
    finesTaken: String(view.finesTaken),
    challenge:
      view.challenge === null
        ? undefined
        : {
            outcome: view.challenge.outcome,
            askedAtMs: moment(view.challenge.askedAt),
            tookMs: view.challenge.tookMs ?? 0,
            together: view.challenge.together,
            inTime: view.challenge.inTime,
            declined: view.challenge.declined,
            rounds: view.challenge.rounds,
            prompt: view.challenge.prompt,
            promptOf: view.challenge.promptOf,
          },
    observed: observedMessage(view.observed),
    measured: measures.flatMap((name) => {
      const atLeast = view.measured[name];
      return atLeast === undefined ? [] : [{ name, atLeast, unit: measureUnits[name].unit }];
    }),
  };
}

function observedMessage(observed: NodeView["observed"]): Node["observed"] {
  if (observed === null) return undefined;
  const { answers, operators, paceSixteenths, cpuSixteenths, kills, fetchKiB } = observed;
  return {
    answers,
    operators,
    paceSixteenths: paceSixteenths ?? 0,
    cpuSixteenths: cpuSixteenths ?? 0,
    kills,
    memoryBelow: BigInt(observed.memoryBelow ?? 0),
    fetchKib: fetchKiB ?? 0,
  };
}
