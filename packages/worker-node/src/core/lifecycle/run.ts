// Running leases: started in the order of acceptance, at most one per slot; the answer is written down before it is signed.
import { accepted, type Outcome, rejected } from "@starling/kernel";
import { commitmentOf, type LeaseId } from "@starling/protocol";
import { canEverFit, releaseDevices, takeDevices } from "../devices/pool.ts";
import type { RunResult, WorkerInput } from "../input.ts";
import { startsTasks } from "../owner/hold.ts";
import type { HeldLease, WorkerState } from "../state.ts";
import type { WorkerTurn } from "../worker.ts";
import { resumeOf } from "./checkpoint.ts";
import { forget } from "./reception.ts";

/** Starts accepted leases while slots are free. */
export function startQueued(state: WorkerState, turn: WorkerTurn): void {
  const { running } = state.presence;
  if (running.size >= state.config.slots || !startsTasks(state)) return;
  // The first that waits for GPUs is not overtaken by those that want fewer: it would wait for ever.
  let gpusFree = true;
  for (const [leaseId, held] of state.ledger.leases) {
    if (running.size >= state.config.slots) return;
    // A lease that is `running` in the ledger but not in this process was cut off by a restart: it is run again.
    const waits = held.state === "accepted" || (held.state === "running" && !running.has(leaseId));
    // What was killed for its owner may still be dying, and its end would be taken for that of the new run.
    if (!waits || state.presence.ending.has(leaseId)) continue;
    if (!gpusFree && held.lease.gpu !== undefined) continue;
    // In the order of acceptance: a large one waits for its turn, and is not overtaken for ever.
    if (!hasRoom(state, held)) return;
    if (!begin(state, held, turn)) gpusFree = !canEverFit(state.presence.devices, held.lease.gpu);
  }
}

/** Starts one lease, unless it has to wait for GPUs. */
export function begin(state: WorkerState, held: HeldLease, turn: WorkerTurn): boolean {
  const { state: at, lease, coordinator } = held;
  const { leaseId, gpu } = lease;
  const devices = gpu === undefined ? [] : takeDevices(state.presence.devices, leaseId, gpu);
  if (devices === null) return false;
  if (at === "accepted") turn.record({ type: "leaseStarted", leaseId, at: turn.now });
  state.presence.running.add(leaseId);
  turn.request({ type: "runLease", coordinator, lease, devices, ...resumeOf(state, held) });
  return true;
}

// The owner's limit is for all that runs at one time.
function hasRoom({ config, presence, ledger }: WorkerState, { lease }: HeldLease): boolean {
  const most = config.rules?.memoryBytes;
  if (most === undefined) return true;
  let used = lease.task.limits.memoryBytes;
  for (const leaseId of presence.running) used += ledger.leases.get(leaseId)?.lease.task.limits.memoryBytes ?? 0;
  return used <= most;
}

/** A run ended. A lease gets one answer, ever: a second outcome of the same lease is refused. */
export function runFinished(
  state: WorkerState,
  input: Extract<WorkerInput, { type: "runFinished" }>,
  turn: WorkerTurn,
): Outcome {
  const held = state.ledger.leases.get(input.leaseId);
  state.presence.ending.delete(input.leaseId);
  const isOurs = state.presence.running.delete(input.leaseId);
  const wasStopped = state.presence.stopping.delete(input.leaseId);
  state.presence.killed.delete(input.leaseId);
  releaseDevices(state.presence.devices, input.leaseId);
  if (!isOurs || held === undefined || held.lease.attempt !== input.attempt || held.state !== "running") {
    return rejected("unknownLease", "the lease is no longer running here");
  }
  state.presence.progress.delete(input.leaseId);
  // It was this worker that ended it. It is given back in this turn, goes on in the next life, or, where the owner lets it, right now.
  if (wasStopped && input.result.kind === "failed" && input.result.fault === "infrastructure") return accepted();
  if (input.result.kind === "failed") {
    failLease(state, held, { result: input.result, turn });
    return accepted();
  }
  learnRunTime(state, input.result.usage.wallMs);
  const { digest, outputs, usage } = input.result;
  const salt = `0x${turn.random("salt").hex(32)}` as const;
  const { taskSpec, attempt, leaseId } = held.lease;
  const commitment = commitmentOf({ taskSpec, attempt }, { worker: state.config.worker, digest, salt });
  turn.record({ type: "leaseCommitted", leaseId, digest, salt, commitment, outputs, usage, at: turn.now });
  turn.request({
    type: "sendCommits",
    coordinator: held.coordinator,
    items: [{ leaseId, taskSpec, attempt, commitment }],
  });
  return accepted();
}

interface Failure {
  readonly result: Extract<RunResult, { kind: "failed" }>;
  readonly turn: WorkerTurn;
}

/** An attempt ended without a result; its coordinator is told why. */
export function failLease(state: WorkerState, held: HeldLease, { result, turn }: Failure): void {
  const leaseId: LeaseId = held.lease.leaseId;
  const { kind: _kind, fault, ...said } = result;
  const checkpoints = state.presence.told.get(leaseId);
  turn.record({ type: "leaseFailed", leaseId, reason: result.reason });
  forget(state, leaseId);
  turn.request({
    type: "sendFailures",
    coordinator: held.coordinator,
    items: [
      {
        ...said,
        leaseId,
        attempt: held.lease.attempt,
        kind: fault,
        ...(checkpoints === undefined ? {} : { checkpoints }),
      },
    ],
  });
}

// Integers only: a moving average over about eight runs.
function learnRunTime(state: WorkerState, wallMs: number): void {
  const last = state.presence.runMs;
  const whole = Math.round(wallMs);
  state.presence.runMs = last === null ? whole : Math.floor((7 * last + whole) / 8);
}
