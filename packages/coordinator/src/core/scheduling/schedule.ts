// The scheduler at the end of a turn: new openings look for workers, and workers that began to wait look for openings.
import { present } from "@starling/kernel";
import { type Address, formatAmount, taskIdOf, trustTerms } from "@starling/protocol";
import { type StepKey, stepKey } from "../indexes/index-state.ts";
import { refereeLane, type StepQueue } from "../indexes/step-queue.ts";
import { type Job, openAudit, type Task } from "../ledger/job.ts";
import type { Worker } from "../ledger/worker.ts";
import { failJob } from "../lifecycle/job.ts";
import { stepSpecOf } from "../program.ts";
import { type CoordinatorState, planted } from "../state.ts";
import type { CoordinatorTurn } from "../turn.ts";
import { missAuditsOf, noMoney } from "../verification/audit.ts";
import { hangsOnStrangers } from "../verification/backing.ts";
import { isOnProbation } from "../verification/probation.ts";
import { alikeWorkers } from "./alike.ts";
import { backedWorkers } from "./backed.ts";
import { coveredWorkers } from "./covered.ts";
import { distinctWorkers, patientWorkers, sharedTraits } from "./distinct.ts";
import { hasSlot, isReferee, unfitAsReferee } from "./eligibility.ts";
import { grantLease, type TaskText, textOf } from "./grant.ts";
import { armOffer } from "./offer.ts";
import { pickTask } from "./pick.ts";
import {
  avoidedUntil,
  canTake,
  draw,
  gather,
  gatherReferees,
  isBroke,
  lookAgain,
  type Opening,
  type Search,
} from "./placement.ts";

/** Places what can be placed for the steps and workers that changed. */
export function schedule(state: CoordinatorState, turn: CoordinatorTurn): void {
  const { steps, workers } = turn.changed;
  const keys = [...steps];
  const askers = [...workers];
  steps.clear();
  workers.clear();
  for (const key of keys) placeStep(state, key, turn);
  for (const worker of askers) fillWorker(state, worker, turn);
}

function openingOf(state: CoordinatorState, key: StepKey): Opening | null {
  const [jobId = "", step = ""] = key.split("/");
  const job = state.ledger.jobs.get(jobId as Job["jobId"]);
  return job === undefined || !state.index.openJobs.has(job.jobId) ? null : { job, step };
}

/** Finds workers for a step: tasks that have begun come first, then by index. */
function placeStep(state: CoordinatorState, key: StepKey, turn: CoordinatorTurn): void {
  const opening = openingOf(state, key);
  if (opening === null) return;
  const search = { opening, turn };
  placeReferees(state, search);
  placeReplicas(state, key, search);
  if (!state.index.queues.has(key)) return;
  if (isBroke(state, opening, turn.now)) {
    const { job } = opening;
    if (hangsOnStrangers(state, job)) {
      const message = `the budget of ${formatAmount(job.submission.order.budget)} is used up by checks of workers who have pledged nothing; raise it`;
      failJob(state, job, { reason: { code: "budgetExhausted", message }, turn });
      return;
    }
    missAuditsOf(state, job, { reason: noMoney, turn });
    if (!state.index.queues.has(key)) return;
    const message = `nobody does another task for what is left of the budget of ${formatAmount(opening.job.submission.order.budget)}`;
    failJob(state, opening.job, { reason: { code: "budgetExhausted", message }, turn });
    return;
  }
  armOffer(state, opening.job, turn);
}

function placeReplicas(state: CoordinatorState, key: StepKey, search: Search): void {
  let workers = gather(state, search);
  while (workers.length > 0) {
    // Taking the last task drops the queue; a lane may appear with every task that is only half placed.
    const queue = state.index.queues.get(key);
    if (queue === undefined) return;
    let placed: readonly Worker[] = [];
    for (const lane of queue.lanes()) {
      placed = placeFirst(state, queue, { lane, workers, search });
      if (placed.length > 0) break;
    }
    if (placed.length === 0) return;
    workers = workers.filter((worker) => !placed.includes(worker) || canTake(state, worker, search));
    if (workers.length === 0) workers = gather(state, search);
  }
}

interface Attempt {
  readonly lane: string;
  /** Workers that can take a replica each. */
  readonly workers: readonly Worker[];
  readonly search: Search;
}

/** Leases as many replicas as possible of the first task in the lane that fits; says to whom. */
function placeFirst(state: CoordinatorState, queue: StepQueue, { lane, workers, search }: Attempt): readonly Worker[] {
  const used = new Set<string>(lane === "" || planted(state, "sameOperatorTwice") ? [] : lane.split(","));
  const open = used.size === 0 ? workers : workers.filter((worker) => !used.has(worker.operator));
  if (open.length === 0) return [];
  let ready: readonly Worker[] = [];
  const index = queue.find(lane, state.config.policy.scanMax, (candidate) => {
    ready = readyFor(state, candidate, { workers: open, search });
    return ready.length > 0;
  });
  if (index === null) return [];
  return placeTask(state, index, { ready, search });
}

/** Those of the workers that nothing about this one task keeps from it now. */
function readyFor(
  state: CoordinatorState,
  index: number,
  { workers, search }: { readonly workers: readonly Worker[]; readonly search: Search },
): readonly Worker[] {
  const task = taskAt(state, search.opening, index);
  const patient = patientWorkers(state, task, {
    workers: alikeWorkers(state, task, allowed(state, task, { workers, turn: search.turn })),
    search,
  });
  const backed = backedWorkers(state, task, { workers: patient, search });
  return coveredWorkers(state, task, { workers: backed, search });
}

interface Placing {
  /** Workers that can take a replica each. */
  readonly ready: readonly Worker[];
  readonly search: Search;
}

/** Leases as many replicas of the task as wait and as there are workers for; says to whom. */
function placeTask(state: CoordinatorState, index: number, { ready: all, search }: Placing): readonly Worker[] {
  const { opening } = search;
  let ready = all;
  const task = taskAt(state, opening, index);
  const text = textOf(state, task);
  const terms = trustTerms(opening.job.submission.spec.trust);
  const placed: Worker[] = [];
  while (task.state === "queued" && task.wanted > 0) {
    const proven = preferProven(state, task, alikeWorkers(state, task, ready));
    const worker = draw(state, distinctWorkers(state, task, { workers: proven, terms }), search);
    if (worker === null) break;
    // The search may be older than the last grant, which took slots and money.
    const isTaken = canTake(state, worker, search);
    if (isTaken) {
      grant(state, task, { text, worker, role: "replica", search });
      placed.push(worker);
    }
    const isOut = (other: Worker): boolean =>
      other === worker || (isTaken && other.operator === worker.operator && !planted(state, "sameOperatorTwice"));
    ready = ready.filter((other) => !isOut(other));
  }
  return placed;
}

// Two strangers may be one and the same: who checks an operator on probation has better passed its own.
function preferProven(state: CoordinatorState, task: Task, workers: readonly Worker[]): readonly Worker[] {
  if (openAudit(task) === null) return workers;
  const job = present(state.ledger.jobs.get(task.jobId), `job ${task.jobId}`);
  const { runtimeClass } = stepSpecOf(job, task.step);
  const proven = workers.filter(({ operator }) => !isOnProbation(state, operator, runtimeClass));
  return proven.length > 0 ? proven : workers;
}

function taskAt(state: CoordinatorState, { job, step }: Opening, index: number): Task {
  const taskId = taskIdOf({ jobId: job.jobId, step, index });
  return present(state.ledger.tasks.get(taskId), `task ${taskId}`);
}

// A lost lease keeps its operator away for a moment, and a worker without the image for longer, so that others come first; then the step is looked at again.
function allowed(
  state: CoordinatorState,
  task: Task,
  { workers, turn }: { readonly workers: readonly Worker[]; readonly turn: CoordinatorTurn },
): readonly Worker[] {
  if (task.attempts === 0) return workers;
  return workers.filter((worker) => {
    const until = avoidedUntil(state, task, { worker, now: turn.now });
    if (until === null) return true;
    lookAgain(state, stepKey(task.jobId, task.step), until);
    return false;
  });
}

function placeReferees(state: CoordinatorState, search: Search): void {
  const { opening } = search;
  const key = stepKey(opening.job.jobId, opening.step);
  for (;;) {
    const index = state.index.queues.get(key)?.find(refereeLane, 1, () => true) ?? null;
    if (index === null) return;
    const task = taskAt(state, opening, index);
    const worker = draw(state, alikeWorkers(state, task, gatherReferees(state, search)), search);
    if (worker === null) return;
    grant(state, task, { text: textOf(state, task), worker, role: "referee", search });
  }
}

/** Gives a worker that waits work from the openings that it fits, the most urgent first. */
function fillWorker(state: CoordinatorState, address: Address, turn: CoordinatorTurn): void {
  const worker = state.ledger.workers.get(address);
  if (worker === undefined || !hasSlot(state, address, turn.now)) return;
  for (const key of openingsInOrder(state)) {
    const opening = openingOf(state, key);
    if (opening === null) continue;
    while (takeOne(state, worker, { opening, turn })) if (!hasSlot(state, address, turn.now)) return;
  }
}

function takeOne(state: CoordinatorState, worker: Worker, search: Search): boolean {
  const { job, step } = search.opening;
  const queue = state.index.queues.get(stepKey(job.jobId, step));
  if (queue === undefined || !hasSlot(state, worker.worker, search.turn.now)) return false;
  if (isReferee(job, worker.operator)) return takeAsReferee(state, worker, { queue, search });
  if (!canTake(state, worker, search)) return false;
  const workers = [worker];
  const terms = trustTerms(job.submission.spec.trust);
  const index = pickTask(state, queue, {
    worker,
    search,
    taskAt: (one) => taskAt(state, search.opening, one),
    fits: (one) => {
      const isUsed = queue.laneOf(one)?.split(",").includes(worker.operator) === true;
      return (!isUsed || planted(state, "sameOperatorTwice")) && readyFor(state, one, { workers, search }).length > 0;
    },
    shared: (one) => sharedTraits(state, taskAt(state, search.opening, one), { worker, terms }),
  });
  return index !== null && placeTask(state, index, { ready: workers, search }).length > 0;
}

function takeAsReferee(
  state: CoordinatorState,
  worker: Worker,
  { queue, search }: { readonly queue: StepQueue; readonly search: Search },
): boolean {
  const { opening, turn } = search;
  const index = queue.find(refereeLane, 1, () => true);
  if (index === null || unfitAsReferee(state, worker, { ...opening, now: turn.now }) !== null) return false;
  const task = taskAt(state, opening, index);
  if (alikeWorkers(state, task, [worker]).length === 0) return false;
  grant(state, task, { text: textOf(state, task), worker, role: "referee", search });
  return true;
}

interface Choice {
  readonly text: TaskText;
  readonly worker: Worker;
  readonly role: "replica" | "referee";
  readonly search: Search;
}

function grant(state: CoordinatorState, task: Task, { text, worker, role, search }: Choice): void {
  const { opening, turn } = search;
  grantLease(state, task, { text, worker, role, job: opening.job, turn });
}

const priorityRank = { urgent: 0, normal: 1, spare: 2 } as const;

// Urgent before normal before spare; then the payer that uses the least now; then the oldest job.
function openingsInOrder(state: CoordinatorState): readonly StepKey[] {
  const keys = [...state.index.queues.keys()];
  if (keys.length < 2) return keys;
  const rows = keys.flatMap((key) => {
    const job = openingOf(state, key)?.job;
    if (job === undefined) return [];
    const usage = state.index.leasesOfPayer.get(job.payer) ?? 0;
    return [{ key, rank: priorityRank[job.submission.priority], usage, at: job.acceptedAt }];
  });
  rows.sort(
    (a, b) => a.rank - b.rank || a.usage - b.usage || a.at - b.at || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0),
  );
  return rows.map(({ key }) => key);
}
