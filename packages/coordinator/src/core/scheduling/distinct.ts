// What a task's replicas should not share beside the operator: preferred, since a network of few must not stand still for it.
import type { Distinct, TrustTerms } from "@starling/protocol";
import type { Task } from "../ledger/job.ts";
import type { Worker } from "../ledger/worker.ts";
import { isLost } from "../lifecycle/tables.ts";
import type { CoordinatorState } from "../state.ts";
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

function answeringWorkers(state: CoordinatorState, task: Task): readonly Worker[] {
  return task.leases.flatMap((leaseId) => {
    const lease = state.ledger.leases.get(leaseId);
    const worker = lease === undefined || isLost(lease.state) ? undefined : state.ledger.workers.get(lease.worker);
    return worker === undefined ? [] : [worker];
  });
}
