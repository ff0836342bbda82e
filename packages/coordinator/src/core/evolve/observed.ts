// What agreed answers show of the machines that gave them: how long each took against another operator's, by the coordinator's own clock.
import type { Job, Task } from "../ledger/job.ts";
import type { Lease } from "../ledger/lease.ts";
import { sixteenths, withFetched, withKill, withShared } from "../ledger/observed.ts";
import type { Worker } from "../ledger/worker.ts";
import { reachesHosts, stepSpecOf } from "../program.ts";
import type { CoordinatorState } from "../state.ts";

/** Less says nothing about processors, and nothing about lines. */
const CPU_MS_MIN = 100;
const FETCH_MS_MIN = 100;
const FETCH_BYTES_MIN = 4 * 2 ** 20;

/** Killed with less than so many eighths of what the job asked for: the machine had no more. With more the program asked for too much. */
const KILLED_EIGHTHS = 7;

interface Answered {
  readonly task: Task;
  readonly job: Job;
  readonly agreed: readonly Lease[];
  readonly at: number;
}

/**
 * An answer that counts for the first time, beside all that agree. The payer's own machines are compared with nobody, and where a step
 * reaches hosts nothing is compared: a host may answer one worker late.
 */
export function observeAnswer(state: CoordinatorState, lease: Lease, { task, job, agreed, at }: Answered): void {
  const worker = state.ledger.workers.get(lease.worker);
  if (worker === undefined || reachesHosts(job, task.step)) return;
  const brought = isBrought(job, task.step);
  if (!brought) observeFetch(worker, lease);
  const { paceMsMin, paceAnswersMin, paceOperatorsMin } = state.config.policy;
  const enough = { answers: paceAnswersMin, operators: paceOperatorsMin };
  const mine = tookMs(lease);
  for (const other of agreed) {
    const theirs = tookMs(other);
    if (other.operator === lease.operator || other.role === "referee" || Math.max(mine, theirs) < paceMsMin) continue;
    const run = runOf(lease, other);
    const took = sixteenths(mine, theirs);
    const answer = {
      operator: other.operator,
      pace: brought ? Math.min(took, run) : took,
      run,
      cpu: cpuOf(lease, other),
    };
    worker.observed = withShared(worker.observed, answer, { at, enough });
  }
}

// Images and roots are fetched and unpacked by the first task that needs them, from registries that may be slow to one worker alone.
function isBrought(job: Job, step: string): boolean {
  const { runtimeClass } = stepSpecOf(job, step);
  return runtimeClass !== "wasm" && runtimeClass !== "cpu";
}

// From the offer and not from the acceptance, which a worker could hold back to look fast.
function tookMs({ offeredAt, committedAt }: Lease): number {
  return Math.max(0, (committedAt ?? offeredAt) - offeredAt);
}

function runOf({ answer: mine }: Lease, { answer: theirs }: Lease): number {
  return sixteenths(mine?.usage.wallMs ?? 0, theirs?.usage.wallMs ?? 0);
}

function cpuOf({ answer: mine }: Lease, { answer: theirs }: Lease): number {
  const [a, b] = [mine?.usage.cpuMs ?? 0, theirs?.usage.cpuMs ?? 0];
  return Math.min(a, b) < CPU_MS_MIN ? 0 : sixteenths(a, b);
}

// What was not spent running was spent waiting for inputs, and a little else.
function observeFetch(worker: Worker, lease: Lease): void {
  const { bytesIn = 0, wallMs = 0 } = lease.answer?.usage ?? {};
  const fetchMs = tookMs(lease) - wallMs;
  if (bytesIn < FETCH_BYTES_MIN || fetchMs < FETCH_MS_MIN) return;
  worker.observed = withFetched(worker.observed, Math.max(1, Math.floor((bytesIn * 1_000) / (fetchMs * 1_024))));
}

/** Attempts at a task that ended for want of memory, while others of several operators finished it with the same answer. */
export function observeKills(
  state: CoordinatorState,
  { task, job }: { readonly task: Task; readonly job: Job },
  at: number,
): void {
  const { memoryBytes } = stepSpecOf(job, task.step).needs;
  for (const leaseId of task.leases) {
    const lease = state.ledger.leases.get(leaseId);
    const worker = lease === undefined ? undefined : state.ledger.workers.get(lease.worker);
    if (lease === undefined || worker === undefined || !isShortOfMemory(lease, memoryBytes)) continue;
    worker.observed = withKill(worker.observed, { taskId: task.taskId, bytes: memoryBytes, at });
  }
}

function isShortOfMemory({ ending, usage }: Lease, bytes: number): boolean {
  return ending?.outOfMemory === true && usage !== undefined && usage.peakMemoryBytes * 8 < bytes * KILLED_EIGHTHS;
}
