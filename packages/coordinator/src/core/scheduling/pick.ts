// Which waiting task an asker gets: drawn, so that nobody chooses by the moment of his ask whose answer he checks.
import type { RandomStream } from "@starling/kernel";
import type { StepQueue } from "../indexes/step-queue.ts";
import { openAudit, type Task } from "../ledger/job.ts";
import type { Worker } from "../ledger/worker.ts";
import { leaseSpanMs } from "../money/clock.ts";
import { stepSpecOf } from "../program.ts";
import type { CoordinatorState } from "../state.ts";
import type { Search } from "./placement.ts";

/** An asker, and what it may take. */
export interface Asker {
  readonly worker: Worker;
  readonly search: Search;
  readonly taskAt: (index: number) => Task;
  readonly fits: (index: number) => boolean;
  /** How much it would share with the task's other answers that these should not share. */
  readonly shared: (index: number) => number;
}

/**
 * A task for a worker that asks; null when none fits. Each begun task (half placed, under audit, or back from a worker that failed) has the
 * same chance with each ask, whatever it waits for: one in so many as there are slots in a few rounds of asks. Otherwise the worker begins
 * a fresh task, and by that a pool of begun ones forms in which its own is one of many. Without fresh tasks, what is left is drawn.
 */
export function pickTask(state: CoordinatorState, queue: StepQueue, asker: Asker): number | null {
  const { worker, search, taskAt, fits } = asker;
  const random = search.turn.random("pick");
  const { policy } = state.config;
  for (const index of queue.oldestBegun(policy.oldestBegunMax))
    if (isOverdue(state, taskAt(index), search) && fits(index)) return index;
  // One with many slots asks for many at once: its part of a round, and what it can hit of its friend's, is that of one with few.
  const rounds = policy.mixRounds * Math.max(1, worker.signed.record.slots);
  // The last fresh tasks are mixed with all that has begun: else audits would be left over, with no other work to hide among.
  const span = Math.max(1, Math.min(rounds * state.presence.connected.size, queue.size), queue.begun);
  const isForBegun = random.below(span) < queue.begun;
  const first = isForBegun ? drawBegun(queue, asker, { random, times: policy.begunDrawsMax }) : null;
  return (
    first ??
    queue.find("", policy.scanMax, fits) ??
    (isForBegun ? null : drawBegun(queue, asker, { random, times: policy.begunDrawsMax })) ??
    findBegun(queue, { fits, random, scanMax: policy.scanMax })
  );
}

// Of what is drawn the first that shares nothing, else what shares least. A task that does not fit is drawn again: its neighbour came just
// before or after it, which friends can arrange.
function drawBegun(
  queue: StepQueue,
  { fits, shared }: Asker,
  { random, times }: { readonly random: RandomStream; readonly times: number },
): number | null {
  let best: number | null = null;
  let least = Number.MAX_SAFE_INTEGER;
  for (let i = 0; i < times && queue.begun > 0; i += 1) {
    const index = queue.begunAt(random.below(queue.begun));
    if (index === undefined || !fits(index)) continue;
    const count = shared(index);
    if (count < least) [best, least] = [index, count];
    if (least === 0) break;
  }
  return best;
}

interface Scan {
  readonly fits: (index: number) => boolean;
  readonly random: RandomStream;
  readonly scanMax: number;
}

// Few fit, as where one operator has begun nearly everything: whole lanes are passed over, from a random one on.
function findBegun(queue: StepQueue, { fits, random, scanMax }: Scan): number | null {
  const lanes = queue.lanes().filter((lane) => lane !== "");
  if (lanes.length === 0) return null;
  const start = random.below(lanes.length);
  for (const lane of [...lanes.slice(start), ...lanes.slice(0, start)]) {
    const index = queue.find(lane, scanMax, fits);
    if (index !== null) return index;
  }
  return null;
}

// What is given up when it waits for too long is not left to chance any more when much of that time is over.
function isOverdue(state: CoordinatorState, task: Task, { opening, turn }: Search): boolean {
  const { auditWaitMs, freshWaitMs } = state.config.policy;
  const waitedMs = turn.now - task.since;
  if (task.resolver !== "agreement") return waitedMs * 2 > freshWaitMs;
  if (openAudit(task) === null) return false;
  return waitedMs * 4 > (auditWaitMs + leaseSpanMs(state, stepSpecOf(opening.job, opening.step))) * 3;
}
