// One run: first safety under every fault with all checkers after each turn, then the faults stop and liveness is demanded.
import type { PlantedBug } from "@starling/coordinator/core";
import type { Checker, Observed } from "./checkers/checker.ts";
import { conservation } from "./checkers/conservation.ts";
import { invariants } from "./checkers/invariants.ts";
import { exactPay } from "./checkers/pay.ts";
import { replay } from "./checkers/replay.ts";
import { rightResults } from "./checkers/right-results.ts";
import { singleAcceptance } from "./checkers/single-acceptance.ts";
import type { FaultKind } from "./fault-plan.ts";
import { drawJob } from "./workload.ts";
import { coordinatorAddress, domain, payerAddress, World } from "./world/world.ts";

export interface RunOptions {
  readonly seed: number;
  readonly workers: number;
  readonly jobs: number;
  readonly tasksMax: number;
  readonly plantedBugs: ReadonlySet<PlantedBug>;
}

export interface RunReport {
  readonly seed: number;
  /** Empty when everything held. */
  readonly broken: readonly string[];
  readonly fired: Readonly<Record<FaultKind, number>>;
  readonly events: number;
  readonly turns: number;
  readonly tasksAccepted: number;
  readonly jobs: Readonly<Record<string, number>>;
  readonly virtualMs: number;
}

const FAULTS_MS = 60_000;
const LIVENESS_MS = 30 * 60_000;
const EVENTS_MAX = 3_000_000;
/** More of the same says nothing new. */
const BROKEN_MAX = 8;
const ENDED = new Set(["completed", "failed", "cancelled"]);

/** Runs one seed. Never throws for what the network does: an exception of a core is a finding like any other. */
export function run(options: RunOptions): RunReport {
  const broken: string[] = [];
  let accepted = 0;
  const checkers: Checker[] = [];
  const world = new World({ ...options, eventsMax: EVENTS_MAX }, (state, facts) => {
    accepted += facts.filter((fact) => fact.type === "taskAccepted").length;
    const observed: Observed = { state, chain: world.chain, liars: world.liars };
    for (const checker of checkers) {
      for (const finding of checker.afterTurn?.(observed, facts) ?? []) {
        if (broken.length < BROKEN_MAX) broken.push(`${checker.name}: ${finding}`);
      }
    }
  });
  checkers.push(
    invariants,
    rightResults,
    singleAcceptance(),
    exactPay(),
    conservation(world.wealth),
    replay(() => world.coordinator.rebuild().ledger),
  );
  try {
    play(world, options, broken);
    finish(world, checkers, broken);
  } catch (error) {
    broken.push(`exception: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  }
  return reportOf(world, options.seed, { broken, accepted });
}

function play(world: World, options: RunOptions, broken: string[]): void {
  const { simulation } = world;
  const draw = world.random("workload");
  world.start();
  const acknowledged = new Set<string>();
  for (let number = 1; number <= options.jobs; number += 1) {
    simulation.after(draw.below(FAULTS_MS), () => {
      const submission = drawJob(
        number,
        {
          payer: payerAddress,
          coordinator: coordinatorAddress,
          domain,
          now: simulation.now,
          tasksMax: options.tasksMax,
        },
        draw,
      );
      world.submit(submission, (outcome) => {
        if (outcome.ok) acknowledged.add(submission.jobId);
        else broken.push(`submit: job ${number} was refused: ${outcome.code} ${outcome.message}`);
      });
    });
  }
  simulation.runUntil(() => broken.length > 0, simulation.now + FAULTS_MS);
  world.faults.stop();
  if (broken.length > 0) return;
  const isAtRest = (): boolean =>
    broken.length > 0 || (world.coordinator.isUp && acknowledged.size === options.jobs && isSettled(world));
  if (!simulation.runUntil(isAtRest, simulation.now + LIVENESS_MS)) broken.push(`liveness: ${stuck(world)}`);
  for (const jobId of acknowledged) {
    if (!world.coordinator.state.ledger.jobs.has(jobId as `0x${string}`))
      broken.push(`durability: acknowledged job ${jobId} is gone`);
  }
}

// At rest: every job has ended and every escrow of the payer was paid out and closed.
function isSettled(world: World): boolean {
  const { ledger } = world.coordinator.state;
  for (const job of ledger.jobs.values()) if (!ENDED.has(job.state)) return false;
  for (const escrow of world.chain.contracts.escrows.values()) if (!escrow.isClosed) return false;
  return true;
}

function stuck(world: World): string {
  const { ledger } = world.coordinator.state;
  const jobs = [...ledger.jobs.values()]
    .filter((job) => !ENDED.has(job.state))
    .map((job) => `job ${job.submission.name} is ${job.state}`);
  const escrows = [...world.chain.contracts.escrows]
    .filter(([, escrow]) => !escrow.isClosed)
    .map(([id]) => `escrow ${id.slice(0, 10)} is open`);
  return [...jobs, ...escrows].join(", ") || "submissions without an answer";
}

function finish(world: World, checkers: readonly Checker[], broken: string[]): void {
  if (broken.length > 0) return;
  const observed: Observed = { state: world.coordinator.state, chain: world.chain, liars: world.liars };
  for (const checker of checkers)
    for (const finding of checker.atEnd?.(observed) ?? []) broken.push(`${checker.name}: ${finding}`);
}

function reportOf(
  world: World,
  seed: number,
  found: { readonly broken: readonly string[]; readonly accepted: number },
): RunReport {
  const jobs: Record<string, number> = {};
  for (const job of world.coordinator.state.ledger.jobs.values()) jobs[job.state] = (jobs[job.state] ?? 0) + 1;
  return {
    seed,
    broken: found.broken,
    fired: world.faults.fired,
    events: world.simulation.events,
    turns: world.coordinator.turns + world.workers.reduce((sum, worker) => sum + worker.node.turns, 0),
    tasksAccepted: found.accepted,
    jobs,
    virtualMs: world.simulation.now - 1_700_000_000_000,
  };
}
