// One play in a world: a script under faults with safety checked throughout; then the faults stop and liveness is demanded.
import type { CoordinatorFact, PlantedBug } from "@starling/coordinator/core";
import type { Millis } from "@starling/kernel";
import type { JobId } from "@starling/protocol";
import type { Role } from "./cast.ts";
import type { Checker, Findings } from "./checkers/checker.ts";
import { isAtRest, unrest } from "./checkers/rest.ts";
import type { FaultKind, FaultPlan } from "./fault-plan.ts";
import { Inspection } from "./inspection.ts";
import { Payer } from "./payer.ts";
import { codedWire, plainWire } from "./world/wire.ts";
import { startAt, World } from "./world/world.ts";
import { type WrongSettled, wrongSettledOf } from "./wrong-settled.ts";

/** What a script may use. */
export interface Stage {
  readonly world: World;
  readonly payer: Payer;
  /** Calls the listener with each fact of the coordinator once it is durable, before any effect of its turn leaves. */
  readonly onFact: (listener: (fact: CoordinatorFact) => void) => void;
}

/** Everything that decides a run. */
export interface Play {
  readonly seed: number;
  readonly cast: readonly Role[];
  readonly plan: FaultPlan;
  readonly plantedBugs: ReadonlySet<PlantedBug>;
  /** New ones for each run. */
  readonly checkers: readonly Checker[];
  /** How long things may fail. */
  readonly faultsMs: Millis;
  /** A fleet without a chain. */
  readonly chainless?: true;
  /** The chain has a court. */
  readonly hasCourt?: true;
  /** More events than this are a loop; what fits a drawn run where it is left out. */
  readonly eventsMax?: number;
  /** Daemons journal nothing, for long plays without crashes. */
  readonly isForgetful?: boolean;
  /** Arranges what happens meanwhile. */
  readonly script: (stage: Stage) => void;
  /** When nothing fails any more: submits jobs that have to be completed, and gives their ids. */
  readonly encore: (stage: Stage) => readonly JobId[];
  /** What must hold at the end beside what always must. */
  readonly epilogue: (stage: Stage) => Findings;
}

/** What happened in a run. */
export interface RunReport {
  readonly seed: number;
  /** Empty when everything held. */
  readonly broken: readonly string[];
  readonly fired: Readonly<Record<FaultKind, number>>;
  readonly events: number;
  readonly turns: number;
  /** How often each thing became true in the coordinator. */
  readonly reached: Readonly<Record<string, number>>;
  /** How many jobs ended in which way. */
  readonly jobs: Readonly<Record<string, number>>;
  readonly virtualMs: Millis;
  readonly wrong: WrongSettled;
}

/** In every fourth run frames travel as bytes. */
const CODED_EVERY_SEEDS = 4;
const LIVENESS_MS: Millis = 30 * 60_000;
const EVENTS_MIN = 2_000_000;
const EVENTS_PER_WORKER = 20_000;
const UNREST_MAX = 4;

/** Performs a play. Never throws for what the network does: an exception of a core is a finding like any other. */
export function perform(play: Play): RunReport {
  const { seed, cast, plan, plantedBugs, isForgetful = false } = play;
  const inspection = new Inspection(play.checkers);
  const eventsMax = play.eventsMax ?? EVENTS_MIN + EVENTS_PER_WORKER * cast.length;
  const wire = seed % CODED_EVERY_SEEDS === 0 ? codedWire : plainWire;
  const settings = play.chainless === undefined ? { isForgetful } : { isForgetful, chainless: play.chainless };
  const world = new World(
    { seed, cast, plan, plantedBugs, eventsMax, wire, ...courtOf(play), ...settings },
    inspection,
  );
  inspection.watch(world);
  const payer = new Payer(world, (finding) => inspection.complain("payer", [finding]));
  try {
    act({ world, payer, onFact: (listener) => inspection.onFact(listener) }, play, inspection);
  } catch (error) {
    inspection.complain("exception", [error instanceof Error ? (error.stack ?? error.message) : String(error)]);
  }
  return reportOf(world, seed, inspection);
}

function courtOf({ hasCourt }: Play): { readonly hasCourt?: true } {
  return hasCourt === undefined ? {} : { hasCourt };
}

function act(stage: Stage, play: Play, inspection: Inspection): void {
  const { world, payer } = stage;
  const { simulation } = world;
  const { broken } = inspection;
  play.script(stage);
  world.start();
  simulation.runUntil(() => broken.length > 0, simulation.now + play.faultsMs);
  world.faults.stop();
  if (broken.length > 0) return;
  const mustComplete = play.encore(stage);
  const isAnswered = (): boolean => payer.isAnswered || world.coordinator.hasDeserted;
  const isOver = (): boolean => broken.length > 0 || (isAnswered() && isAtRest(world));
  if (!simulation.runUntil(isOver, simulation.now + LIVENESS_MS)) {
    inspection.complain("liveness", isAnswered() ? unrest(world, UNREST_MAX) : ["a submission has no answer"]);
  }
  const { jobs } = world.coordinator.state.ledger;
  for (const jobId of payer.acknowledged)
    if (!jobs.has(jobId)) inspection.complain("durability", [`the acknowledged job ${jobId} is gone`]);
  for (const jobId of mustComplete) {
    const job = jobs.get(jobId);
    if (broken.length === 0 && job?.state !== "completed")
      inspection.complain("liveness", [
        `${jobId} is ${job?.state ?? "unknown"}: ${job?.reason?.message ?? "no reason"}`,
      ]);
  }
  if (broken.length > 0) return;
  if (world.coordinator.hasDeserted) inspection.atOrphanedEnd();
  else inspection.atEnd();
  inspection.complain("epilogue", play.epilogue(stage));
}

function reportOf(world: World, seed: number, { broken, reached }: Inspection): RunReport {
  const jobs: Record<string, number> = {};
  for (const { state, reason } of world.coordinator.state.ledger.jobs.values()) {
    const name = state === "failed" ? `failed (${reason?.code ?? "no reason"})` : state;
    jobs[name] = (jobs[name] ?? 0) + 1;
  }
  return {
    seed,
    broken,
    reached,
    jobs,
    fired: world.faults.fired,
    events: world.simulation.events,
    turns: world.workers.reduce((sum, { node }) => sum + node.turns, world.coordinator.turns),
    virtualMs: world.simulation.now - startAt,
    wrong: wrongSettledOf(world),
  };
}
