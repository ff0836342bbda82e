// What a task's replicas should not share beside the operator: preferred, since a network of few must not stand still for it.
import { type Distinct, type TrustTerms, trustTerms } from "@starling/protocol";
import { stepKey } from "../indexes/index-state.ts";
import type { Task } from "../ledger/job.ts";
import type { Worker } from "../ledger/worker.ts";
import { isLost } from "../lifecycle/tables.ts";
import type { CoordinatorState } from "../state.ts";
import { unfit } from "./eligibility.ts";
import { lookAgain, type Search } from "./placement.ts";
import { subnetOf } from "./subnet.ts";

/** The model of what computes: of the accelerators where there are any, else of the processor. */
export function hardwareOf({ signed }: Worker): string {
  const { accelerators, arch, cpuModel } = signed.record.resources;
  if (accelerators.length === 0) return `${arch} ${cpuModel}`;
  return [...new Set(accelerators.map(({ vendor, model }) => `${vendor} ${model}`))].sort().join("+");
}

const traitOf: Readonly<Record<Distinct, (worker: Worker) => string>> = {
  operator: ({ operator }) => operator,
  subnet: ({ remoteAddress }) => subnetOf(remoteAddress),
  hardware: hardwareOf,
};

/**
 * The workers that share none of the terms' traits with the task's other answers, as far as there are any: each trait in turn narrows the
 * choice unless nobody would be left. Operators are not looked at here: they are never shared.
 */
export function distinctWorkers(
  state: CoordinatorState,
  task: Task,
  { workers, terms }: { readonly workers: readonly Worker[]; readonly terms: Pick<TrustTerms, "distinct"> },
): readonly Worker[] {
  const traits = terms.distinct.filter((trait) => trait !== "operator");
  if (traits.length === 0 || workers.length < 2) return workers;
  const others = answeringWorkers(state, task);
  let left = workers;
  for (const trait of traits) {
    const used = new Set(others.map(traitOf[trait]));
    const fresh = left.filter((worker) => !used.has(traitOf[trait](worker)));
    if (fresh.length > 0) left = fresh;
  }
  return left;
}

/** How many traits of the terms the worker shares with answers that the task has already. */
export function sharedTraits(
  state: CoordinatorState,
  task: Task,
  { worker, terms }: { readonly worker: Worker; readonly terms: Pick<TrustTerms, "distinct"> },
): number {
  const traits = terms.distinct.filter((trait) => trait !== "operator");
  if (traits.length === 0) return 0;
  const others = answeringWorkers(state, task);
  return traits.filter((trait) => others.some((other) => traitOf[trait](other) === traitOf[trait](worker))).length;
}

/**
 * The workers that may take a replica of the task now: all of them, or nobody as long as each would share a subnet with the task's other
 * answers although somebody elsewhere could take it soon. The step is looked at again when the time is up, so nothing waits for ever.
 */
export function patientWorkers(
  state: CoordinatorState,
  task: Task,
  { workers, search }: { readonly workers: readonly Worker[]; readonly search: Search },
): readonly Worker[] {
  const { opening, turn } = search;
  const others = task.leases.length === 0 ? [] : answeringWorkers(state, task);
  if (others.length === 0 || !trustTerms(opening.job.submission.spec.trust).distinct.includes("subnet")) return workers;
  const used = new Set(others.map(traitOf.subnet));
  if (workers.some((worker) => !used.has(traitOf.subnet(worker)))) return workers;
  const newestAt = Math.max(...task.leases.map((leaseId) => state.ledger.leases.get(leaseId)?.offeredAt ?? 0));
  const until = newestAt + state.config.policy.distinctWaitMs;
  if (until <= turn.now || !isAnyElsewhere(state, others, search)) return workers;
  lookAgain(state, stepKey(task.jobId, task.step), until);
  return [];
}

// A worker of another operator in another subnet that fits; busy or not, since it asks again soon. A few are looked at: many mean one.
function isAnyElsewhere(state: CoordinatorState, others: readonly Worker[], { opening, turn }: Search): boolean {
  const operators = new Set(others.map(traitOf.operator));
  const subnets = new Set(others.map(traitOf.subnet));
  let looks = state.config.policy.probes;
  for (const address of state.presence.connected) {
    if (looks === 0) return false;
    looks -= 1;
    const worker = state.ledger.workers.get(address);
    if (worker === undefined || operators.has(worker.operator) || subnets.has(traitOf.subnet(worker))) continue;
    if (unfit(state, worker, { ...opening, now: turn.now }) === null) return true;
  }
  return false;
}

/** The workers whose leases of the task are not lost, the oldest lease first. */
export function answeringWorkers(state: CoordinatorState, task: Task): readonly Worker[] {
  return task.leases.flatMap((leaseId) => {
    const lease = state.ledger.leases.get(leaseId);
    const worker = lease === undefined || isLost(lease.state) ? undefined : state.ledger.workers.get(lease.worker);
    return worker === undefined ? [] : [worker];
  });
}
