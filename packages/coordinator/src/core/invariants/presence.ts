// Index and presence say the same as the ledger: what waits is queued, what runs is filed, slots are counted once.
import { stepKey } from "../indexes/index-state.ts";
import { laneOf } from "../indexes/maintain.ts";
import { isJobOver, isLive } from "../lifecycle/tables.ts";
import { unavailable } from "../scheduling/eligibility.ts";
import { type CoordinatorState, freeSlots, isConnected, type Session } from "../state.ts";

/** Lists differences between the ledger and what is derived from it. */
export function indexViolations(state: CoordinatorState): readonly string[] {
  return [
    ...queueViolations(state),
    ...leaseViolations(state),
    ...resultViolations(state),
    ...presenceViolations(state),
  ];
}

function queueViolations(state: CoordinatorState): readonly string[] {
  const broken: string[] = [];
  const { ledger, index } = state;
  for (const job of ledger.jobs.values()) {
    if (isJobOver(job.state) === index.openJobs.has(job.jobId))
      broken.push(`job ${job.jobId} is ${job.state} and filed otherwise`);
  }
  let waiting = 0;
  for (const task of ledger.tasks.values()) {
    const lane = laneOf(state, task);
    if (lane !== null) waiting += 1;
    const filed = index.queues.get(stepKey(task.jobId, task.step))?.laneOf(task.index) ?? null;
    if (filed !== lane)
      broken.push(`task ${task.taskId} waits in lane ${lane ?? "none"} and is filed in ${filed ?? "none"}`);
  }
  let filed = 0;
  for (const queue of index.queues.values()) filed += queue.size;
  if (filed !== waiting) broken.push(`${waiting} tasks wait and ${filed} are filed`);
  if (index.openJobs.size > 0 && index.timers.next() === null)
    broken.push("a job is open and nothing will ever look at it");
  return broken;
}

function leaseViolations(state: CoordinatorState): readonly string[] {
  const broken: string[] = [];
  const { ledger, index } = state;
  let live = 0;
  for (const lease of ledger.leases.values()) {
    if (!isLive(lease.state)) continue;
    live += 1;
    if (index.liveLeases.get(lease.worker)?.has(lease.leaseId) !== true)
      broken.push(`lease ${lease.leaseId} is live and not filed`);
  }
  let filed = 0;
  for (const leases of index.liveLeases.values()) filed += leases.size;
  if (filed !== live) broken.push(`${live} leases are live and ${filed} are filed`);
  return broken;
}

function resultViolations(state: CoordinatorState): readonly string[] {
  const broken: string[] = [];
  for (const task of state.ledger.tasks.values()) {
    const isProvisional = task.result !== null && task.settledAt === null;
    for (const leaseId of task.result?.winners ?? []) {
      const operator = state.ledger.leases.get(leaseId)?.operator;
      const filed = operator !== undefined && state.index.unsettledOf.get(operator)?.has(task.taskId) === true;
      if (filed !== isProvisional) broken.push(`task ${task.taskId} is filed ${filed ? "and settled" : "nowhere"}`);
    }
  }
  return broken;
}

function presenceViolations(state: CoordinatorState): readonly string[] {
  const broken: string[] = [];
  for (const [address, session] of state.presence.sessions) {
    const worker = state.ledger.workers.get(address);
    if (worker === undefined) broken.push(`${address} is connected and unknown`);
    for (const leaseId of session.taken) {
      const lease = state.ledger.leases.get(leaseId);
      const runs = lease !== undefined && isLive(lease.state) && lease.state !== "committed";
      if (!runs || lease.worker !== address)
        broken.push(`a slot of ${address} is taken by lease ${leaseId}, which does not run`);
    }
  }
  for (const address of state.presence.idle.list()) {
    const session: Session | undefined = state.presence.sessions.get(address);
    const worker = state.ledger.workers.get(address);
    const isIdle = worker !== undefined && isConnected(session) && freeSlots(session) > 0;
    if (!isIdle) broken.push(`${address} waits for work and cannot have any`);
    else if (worker.state !== "admitted" || unavailable(state, worker, 0) !== null)
      broken.push(`${address} waits for work and is ${worker.state}`);
  }
  return broken;
}
