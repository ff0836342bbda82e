// What a job would meet here now, before anything is spent: who qualifies and at which price, and why the others don't.
import { type Address, type JobSpec, mapStep, reduceStep, type StepSpec, taskCount } from "@starling/protocol";
import type { Escrow } from "../ledger/escrow.ts";
import type { Worker } from "../ledger/worker.ts";
import { larger, smaller } from "../money/amounts.ts";
import type { CoordinatorState } from "../state.ts";
import type { JobPlan, OperatorPlan, StepPlan } from "../views/types.ts";
import { hardwareOf } from "./distinct.ts";
import { type Asking, isReferee, unavailable, unmetNeeds } from "./eligibility.ts";
import { describe, type PredicateCode } from "./needs.ts";
import { subnetOf } from "./subnet.ts";

/** A job that nobody has submitted. */
export interface PlannedJob extends Asking {
  readonly spec: JobSpec;
}

/** Rows of operators that are told: enough to price any number of replicas. */
const operatorsMax = 1_000;

/** The market for a job as of the last turn. A worker that is busy qualifies: it will be free again. */
export function planJob(state: CoordinatorState, job: PlannedJob): JobPlan {
  const { spec } = job;
  const steps = [stepPlan(state, job, { step: mapStep, spec: spec.map, tasks: taskCount(spec.each) })];
  if (spec.reduce !== null) steps.push(stepPlan(state, job, { step: reduceStep, spec: spec.reduce, tasks: 1 }));
  const operators = operatorPlans(state, job);
  const { finalityMs, probationChecks, canaries } = state.config.policy;
  return {
    workersKnown: state.ledger.workers.size,
    steps,
    operatorsTotal: operators.length,
    operators: operators.slice(0, operatorsMax),
    referees: refereesOf(state, job),
    finalityMs,
    probationChecks,
    canaries,
  };
}

interface PlannedStep {
  readonly step: string;
  readonly spec: StepSpec;
  readonly tasks: number;
}

function stepPlan(state: CoordinatorState, job: Asking, { step, spec, tasks }: PlannedStep): StepPlan {
  const counts = new Map<PredicateCode, number>();
  const operators = new Set<Address>();
  const subnets = new Set<string>();
  const hardware = new Set<string>();
  let workers = 0;
  for (const worker of state.ledger.workers.values()) {
    const codes = lacking(state, worker, { job, spec });
    for (const code of codes) counts.set(code, (counts.get(code) ?? 0) + 1);
    if (codes.length > 0) continue;
    workers += 1;
    operators.add(worker.operator);
    subnets.add(subnetOf(worker.remoteAddress));
    hardware.add(hardwareOf(worker));
  }
  return {
    step,
    tasks,
    workers,
    operators: operators.size,
    subnets: subnets.size,
    hardware: hardware.size,
    unmet: [...counts].map(([code, count]) => ({ code, workers: count, message: describe(code, job, spec) })),
  };
}

// Of what a machine lacks everything is told, of all else the first.
function lacking(
  state: CoordinatorState,
  worker: Worker,
  { job, spec }: { readonly job: Asking; readonly spec: StepSpec },
): readonly PredicateCode[] {
  const unmet = unmetNeeds(state, worker, spec);
  if (unmet.length > 0) return unmet;
  const away = unavailable(state, worker, state.presence.turnAt);
  if (away !== null) return [away];
  if (isReferee(job, worker.operator)) return ["isReferee"];
  return worker.signed.record.pricePerTask > job.submission.perTaskMax ? ["priceTooHigh"] : [];
}

// Operators that can run every step, each by its cheapest worker; the cheapest come first.
function operatorPlans(state: CoordinatorState, job: PlannedJob): readonly OperatorPlan[] {
  const { spec } = job;
  const specs = spec.reduce === null ? [spec.map] : [spec.map, spec.reduce];
  const found = new Map<Address, { price: bigint; workers: number }>();
  for (const worker of state.ledger.workers.values()) {
    if (specs.some((one) => lacking(state, worker, { job, spec: one }).length > 0)) continue;
    const price = worker.signed.record.pricePerTask;
    const known = found.get(worker.operator);
    if (known === undefined) found.set(worker.operator, { price, workers: 1 });
    else found.set(worker.operator, { price: smaller(price, known.price), workers: known.workers + 1 });
  }
  const escrow = state.ledger.escrows.get(state.ledger.escrowOfPayer.get(job.payer) ?? "0x");
  const rows = [...found].map(([operator, { price, workers }]) => ({
    operator,
    price,
    workers,
    checksLeft: checksLeft(state, operator, spec),
    pledgeFree: escrow === undefined ? null : freePledge(escrow, operator),
  }));
  return rows.sort((a, b) => (a.price < b.price ? -1 : a.price > b.price ? 1 : a.operator < b.operator ? -1 : 1));
}

function checksLeft(state: CoordinatorState, operator: Address, spec: JobSpec): number {
  const passed = state.ledger.operators.get(operator)?.checksPassed.get(spec.map.runtimeClass) ?? 0;
  return Math.max(0, state.config.policy.probationChecks - passed);
}

function freePledge({ chain, fines }: Escrow, operator: Address): bigint {
  return larger((chain.pledges.get(operator) ?? 0n) - (fines.get(operator) ?? 0n), 0n);
}

// Referees that could settle a mismatch now.
function refereesOf(state: CoordinatorState, job: PlannedJob): number {
  let count = 0;
  for (const worker of state.ledger.workers.values()) {
    if (!isReferee(job, worker.operator)) continue;
    if (unavailable(state, worker, state.presence.turnAt) !== null) continue;
    if (unmetNeeds(state, worker, job.spec.map).length === 0) count += 1;
  }
  return count;
}
