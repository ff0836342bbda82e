// Hand-written cases: a few workers, a few faults, and one thing that went wrong once or must never go wrong.
import type { PlantedBug } from "@starling/coordinator/core";
import type { Behaviour } from "../behaviours/behaviour.ts";
import { honest } from "../behaviours/honest.ts";
import type { Role } from "../cast.ts";
import { allCheckers } from "../checkers/all.ts";
import type { Findings } from "../checkers/checker.ts";
import { type FaultKind, type FaultPlan, noFaults } from "../fault-plan.ts";
import { perform, type RunReport, type Stage } from "../play.ts";
import { type JobPlan, plainPlan } from "../workload.ts";
import { operatorAt, payerAddress, workerAt } from "../world/records.ts";

/** One case. Every checker runs along; what it says of itself is only what is special to it. */
export interface Scenario {
  /** What it shows, as a sentence. */
  readonly about: string;
  readonly cast: readonly Role[];
  /** Chances per thousand of faults; the others are off. */
  readonly faults?: Partial<FaultPlan>;
  /** A fleet without a chain. */
  readonly chainless?: true;
  /** The chain has a court, which takes the fines of caught workers. */
  readonly hasCourt?: true;
  /** How long everybody behaves as his kind does; a minute where it is left out. */
  readonly lastsMs?: number;
  readonly script: (stage: Stage) => void;
  /** What must hold at the end beside what always must. */
  readonly epilogue?: (stage: Stage) => Findings;
}

/** The price that everybody asks, base units. */
export const price = 10_000n;

/** A worker of its own operator. */
export function role(index: number, behaviour: Behaviour = honest): Role {
  return { operator: operatorAt(index), behaviour, pricePerTask: price };
}

/** Enough to stand for whatever a worker does in a scenario, base units. */
const richStake = 100_000_000n;

/** The same with so much at stake. */
export function staked(index: number, behaviour: Behaviour = honest, stake: bigint = richStake): Role {
  return { ...role(index, behaviour), stake };
}

/** How often the named faults fired: none of them is a scenario that shows nothing. */
export function fired({ world }: Stage, ...kinds: readonly FaultKind[]): Findings {
  return kinds.filter((kind) => world.faults.fired[kind] === 0).map((kind) => `${kind} never happened`);
}

/** Jobs that did not complete. */
export function uncompleted({ world }: Stage): Findings {
  const jobs = [...world.coordinator.state.ledger.jobs.values()];
  return jobs.flatMap(({ submission, state, reason }) =>
    state === "completed" ? [] : [`${submission.name} is ${state} (${reason?.code ?? ""})`],
  );
}

/** What the worker with this number has been promised for accepted answers, base units. */
export function earnedBy({ world }: Stage, index: number): bigint {
  let sum = 0n;
  for (const { worker, verdict, price: asked } of world.coordinator.state.ledger.leases.values())
    if (worker === workerAt(index) && verdict === "accepted") sum += asked;
  return sum;
}

/** The payer's own machine. */
export const referee: Role = { operator: payerAddress, behaviour: honest, pricePerTask: price };

/** A small job, different from the plain one as said. */
export function job(number: number, other: Partial<JobPlan> = {}): JobPlan {
  return { ...plainPlan(number, price), hasReduce: false, ...other };
}

const MINUTE_MS = 60_000;

/** Performs a case. */
export function enact(
  scenario: Scenario,
  options: { readonly seed: number; readonly plantedBugs?: ReadonlySet<PlantedBug> },
): RunReport {
  const { cast, faults, lastsMs, script, epilogue, chainless, hasCourt } = scenario;
  return perform({
    seed: options.seed,
    cast,
    plan: { ...noFaults, ...faults },
    plantedBugs: options.plantedBugs ?? new Set(),
    checkers: allCheckers(),
    ...(chainless === undefined ? {} : { chainless }),
    ...(hasCourt === undefined ? {} : { hasCourt }),
    faultsMs: lastsMs ?? MINUTE_MS,
    script,
    encore: () => [],
    epilogue: epilogue ?? (() => []),
  });
}
