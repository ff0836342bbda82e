// Who can take a replica now, and which of them gets it: cheapest first, an operator drawn among the near-best, then one of its nodes.
import type { Address } from "@starling/protocol";
import { type StepKey, stepKey } from "../indexes/index-state.ts";
import type { Job, Task } from "../ledger/job.ts";
import { type LackReason, lackOf } from "../ledger/lease.ts";
import type { Worker } from "../ledger/worker.ts";
import { wantCredit } from "../money/allotment.ts";
import { budgetLeft, creditLeft } from "../money/amounts.ts";
import { waitsForStake } from "../money/checks.ts";
import { chainSeconds, leaseSpanMs } from "../money/clock.ts";
import { stepSpecOf } from "../program.ts";
import { type CoordinatorState, isChainless, planted } from "../state.ts";
import type { CoordinatorTurn } from "../turn.ts";
import { hasSlot, isReferee, unfit, unfitAsReferee } from "./eligibility.ts";
import { Lots, weightOf } from "./lot.ts";
import { nearBest, rate } from "./ranking.ts";
import { hadItsShare } from "./share.ts";
import { noteStarved } from "./starvation.ts";

/** One step of one job that has replicas to place. */
export interface Opening {
  readonly job: Job;
  readonly step: string;
}

/** A search for workers, in a turn. */
export interface Search {
  readonly opening: Opening;
  readonly turn: CoordinatorTurn;
}

/** Why money keeps a worker from a replica now, or null. */
export function unaffordable(
  state: CoordinatorState,
  worker: Worker,
  { job, step, now }: Opening & { readonly now: number },
): "budgetExhausted" | "noCredit" | null {
  const price = worker.signed.record.pricePerTask;
  if (price === 0n) return null;
  if (budgetLeft(job) < price && !planted(state, "overBudget")) return "budgetExhausted";
  // Without a chain nothing is set aside for single workers: the payer's order alone bounds what a job may cost.
  if (isChainless(state)) return null;
  const escrow = state.ledger.escrows.get(job.escrowId);
  const allotment = escrow?.chain.allotments.get(worker.worker);
  if (escrow === undefined || allotment === undefined) return "noCredit";
  // The worker takes no lease that may outlast its allotment.
  const endsAt = now + leaseSpanMs(state, stepSpecOf(job, step));
  const isShort =
    allotment.expiresAtSeconds * 1_000 <= endsAt || allotment.expiresAtSeconds <= chainSeconds(state, now);
  return isShort || creditLeft(escrow, worker.worker) < price ? "noCredit" : null;
}

/** Looks at a step again at that moment, unless it is looked at sooner. */
export function lookAgain(state: CoordinatorState, key: StepKey, at: number): void {
  const armed = state.presence.retries.get(key);
  if (armed !== undefined && armed <= at) return;
  state.presence.retries.set(key, at);
  state.index.timers.push({ at, kind: "step", id: key });
}

/** Whether the worker can have a replica of the step now; notes where only money is missing. */
export function canTake(state: CoordinatorState, worker: Worker, { opening, turn }: Search): boolean {
  const { job, step } = opening;
  const { now } = turn;
  if (!hasSlot(state, worker.worker, now) || unfit(state, worker, { job, step, now }) !== null) return false;
  if (hadItsShare(state, job, { worker, now })) {
    lookAgain(state, stepKey(job.jobId, step), now + state.config.policy.avoidMs);
    return false;
  }
  const money = unaffordable(state, worker, { job, step, now });
  if (money === null) return true;
  // Credit is for work that waits: a worker that answers all of it already would only keep the money from others.
  if (money === "noCredit" && (!couldUse(state, worker, opening) || waitsForStake(state, job, worker))) return false;
  if (money === "noCredit") wantCredit(turn, job, worker.worker);
  noteStarved(state, job.jobId, { code: money, since: now });
  return false;
}

/** Whether a task of the step waits that this worker's operator does not answer yet. */
export function couldUse(state: CoordinatorState, { operator }: Worker, { job, step }: Opening): boolean {
  const lanes = state.index.queues.get(stepKey(job.jobId, step))?.lanes() ?? [];
  return lanes.some((lane) => !lane.split(",").includes(operator));
}

/** Idle workers that can take replicas of the step: from a sample of a large pool, or from all of it when the sample has none. */
export function gather(state: CoordinatorState, search: Search): Worker[] {
  const { idle, barren } = state.presence;
  const key = stepKey(search.opening.job.jobId, search.opening.step);
  if (idle.size === 0 || barren.get(key) === idle.version) return [];
  const { probes } = state.config.policy;
  if (idle.size > 2 * probes) {
    const sample = new Set(stakedProbes(state, search));
    const random = search.turn.random("probe");
    for (let i = 0; i < probes; i += 1) {
      const worker = idle.at(random.below(idle.size));
      if (worker !== undefined) sample.add(worker);
    }
    const found = fitting(state, [...sample], search);
    if (found.length > 0) return found;
  }
  const found = fitting(state, idle.list(), search);
  // Looked through in vain: not again before somebody joins the pool, unless it was for money or for a moment, which both come back by themselves.
  const isForLong = !state.presence.starved.has(search.opening.job.jobId) && !state.presence.retries.has(key);
  if (found.length === 0 && isForLong) barren.set(key, idle.version);
  return found;
}

// In a uniform sample of a pool full of free names nobody with a stake would be found, and weights would weigh nothing.
function stakedProbes(state: CoordinatorState, { opening, turn }: Search): readonly Address[] {
  const { idle } = state.presence;
  const { probes, drawNewcomerPercent } = state.config.policy;
  const pledges = state.ledger.escrows.get(opening.job.escrowId)?.chain.pledges ?? new Map<Address, bigint>();
  const rows = [...pledges.keys()].flatMap((operator) => {
    const nodes = idle.of(operator);
    return nodes.length === 0 ? [] : [[nodes, weightOf(state, opening.job, operator)] as const];
  });
  const lots = new Lots(rows, drawNewcomerPercent);
  const random = turn.random("probe");
  return Array.from({ length: rows.length === 0 ? 0 : probes }, () => {
    const nodes = lots.draw(random) ?? [];
    return nodes[random.below(Math.max(1, nodes.length))];
  }).filter((node) => node !== undefined);
}

function fitting(state: CoordinatorState, workers: readonly Address[], search: Search): Worker[] {
  const found: Worker[] = [];
  for (const address of workers) {
    const worker = state.ledger.workers.get(address);
    if (worker !== undefined && canTake(state, worker, search)) found.push(worker);
  }
  return found;
}

/** Idle referees of the job that can run the step. */
export function gatherReferees(state: CoordinatorState, { opening, turn }: Search): Worker[] {
  const { job, step } = opening;
  const found: Worker[] = [];
  for (const address of state.presence.idle.list()) {
    const worker = state.ledger.workers.get(address);
    if (worker === undefined || !isReferee(job, worker.operator)) continue;
    if (unfitAsReferee(state, worker, { job, step, now: turn.now }) !== null) continue;
    if (hasSlot(state, address, turn.now)) found.push(worker);
  }
  return found;
}

/** Draws one of the workers; null when there is none. */
export function draw(state: CoordinatorState, workers: readonly Worker[], search: Search): Worker | null {
  const { opening, turn } = search;
  const { runtimeClass } = stepSpecOf(opening.job, opening.step);
  const { drawMax, nearBestPercent } = state.config.policy;
  const isSample = workers.length > drawMax;
  const asked = isSample ? drawByStake(state, workers, { search, times: drawMax }) : workers;
  const rated = asked.map((worker) => rate(state, worker, { runtimeClass, at: turn.now }));
  const near = new Set(nearBest(rated, nearBestPercent).map(({ worker }) => worker));
  const equals = asked.filter(({ worker }) => near.has(worker));
  // In a sample each lot counts the same: it was drawn by weight.
  if (isSample) return equals[turn.random("placement").below(equals.length)] ?? null;
  return drawByStake(state, equals, { search, times: 1 })[0] ?? null;
}

// Operators are drawn and then one of their nodes: addresses are free, and the draw keeps anybody from choosing his task.
function drawByStake(
  state: CoordinatorState,
  workers: readonly Worker[],
  { search, times }: { readonly search: Search; readonly times: number },
): readonly Worker[] {
  const random = search.turn.random("placement");
  const nodesOf = new Map<Address, Worker[]>();
  for (const worker of workers) {
    const nodes = nodesOf.get(worker.operator);
    if (nodes === undefined) nodesOf.set(worker.operator, [worker]);
    else nodes.push(worker);
  }
  const rows = [...nodesOf].map(([operator, nodes]) => [nodes, weightOf(state, search.opening.job, operator)] as const);
  const lots = new Lots(rows, state.config.policy.drawNewcomerPercent);
  const drawn: Worker[] = [];
  for (let i = 0; i < times; i += 1) {
    const nodes = lots.draw(random) ?? [];
    const node = nodes.length === 0 ? undefined : nodes[random.below(nodes.length)];
    if (node !== undefined) drawn.push(node);
  }
  return drawn;
}

/** Until when the task is kept from this worker, since its operator just lost a lease or it lacked what the task needs; null when it is not. */
export function avoidedUntil(
  state: CoordinatorState,
  task: Task,
  { worker: { worker, operator }, now }: { readonly worker: Worker; readonly now: number },
): number | null {
  let until = lackedBy(state, task, worker)?.until ?? 0;
  for (const leaseId of task.leases) {
    const lease = state.ledger.leases.get(leaseId);
    if (lease?.operator !== operator || lease.endedAt === null) continue;
    until = Math.max(until, lease.endedAt + state.config.policy.avoidMs);
  }
  return until > now ? until : null;
}

/** What the worker lacked for the task when it last had a lease of it, and until when the task is kept from it; null for nothing. */
export function lackedBy(
  { ledger, config }: CoordinatorState,
  task: Task,
  worker: Address,
): { readonly code: LackReason; readonly until: number } | null {
  let found: { readonly code: LackReason; readonly until: number } | null = null;
  for (const leaseId of task.leases) {
    const lease = ledger.leases.get(leaseId);
    if (lease?.worker !== worker || lease.endedAt === null) continue;
    const code = lackOf(lease);
    if (code !== null) found = { code, until: lease.endedAt + config.policy.lackedAgainMs };
  }
  return found;
}

/** Whether the job can pay for nothing more, and nothing is out that could come back. */
export function isBroke(state: CoordinatorState, { job, step }: Opening, now: number): boolean {
  if (state.presence.starved.get(job.jobId)?.code !== "budgetExhausted" || job.inFlight > 0n) return false;
  const left = budgetLeft(job);
  for (const address of state.presence.connected) {
    const worker = state.ledger.workers.get(address);
    if (worker === undefined || unfit(state, worker, { job, step, now }) !== null) continue;
    if (worker.signed.record.pricePerTask <= left) return false;
  }
  return true;
}
