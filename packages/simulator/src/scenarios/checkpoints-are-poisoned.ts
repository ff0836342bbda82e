// Owners want their machines back amid long tasks with checkpoints, some of which are told by who wants others to go on from a lie.
import type { CoordinatorFact } from "@starling/coordinator/core";
import { poisoner, poisonerInLeague } from "../behaviours/poisoner.ts";
import type { Role } from "../cast.ts";
import type { Stage } from "../play.ts";
import type { World } from "../world/world.ts";
import { job, referee, role, type Scenario, uncompleted } from "./scenario.ts";

/** Machines of these workers are taken back; the others stay. */
const LENT = 6;
const TIMES = 60;
const EVERY_MS = 300;
const AWAY_MS = 700;
const NOTICES_MS = [0, 150, 600];

/** What was seen of checkpoints. */
interface Seen {
  told: number;
  ownResumed: number;
  othersResumed: number;
  /** Wrong answers of those who went on from others' checkpoints. */
  misled: number;
}

const seenIn = new WeakMap<World, Seen>();

function note(seen: Seen, { coordinator }: World, fact: CoordinatorFact): void {
  if (fact.type === "checkpointsTold") seen.told += 1;
  if (fact.type === "leaseOffered" && fact.resume !== undefined) {
    if (fact.resume.isForeign) seen.othersResumed += 1;
    else seen.ownResumed += 1;
  }
  if (fact.type !== "leaseSettled" || fact.verdict !== "rejected") return;
  if (coordinator.state.ledger.leases.get(fact.leaseId)?.resume?.isForeign === true) seen.misled += 1;
}

function script({ payer, world, onFact }: Stage): void {
  payer.submit(job(1, { tasks: 100, budgetTimes: 6n, keepsCheckpoints: true }));
  const seen: Seen = { told: 0, ownResumed: 0, othersResumed: 0, misled: 0 };
  seenIn.set(world, seen);
  onFact((fact) => note(seen, world, fact));
  for (let i = 0; i < TIMES; i += 1) {
    const worker = world.workers[i % LENT];
    const noticeMs = NOTICES_MS[i % NOTICES_MS.length] ?? 0;
    const at = 3_000 + i * EVERY_MS;
    world.simulation.after(at, () => worker?.node.input({ type: "ownerAsked", wish: { kind: "reclaim", noticeMs } }));
    world.simulation.after(at + AWAY_MS, () => worker?.node.input({ type: "ownerAsked", wish: { kind: "resume" } }));
  }
}

const WORKERS = 9;

function castOf(poisoners: number, behaviour: Role["behaviour"]): readonly Role[] {
  const workers = Array.from({ length: WORKERS }, (_, i) => (i < poisoners ? role(i, behaviour) : role(i)));
  return [...workers, referee];
}

function common(stage: Stage, { told = 0, othersResumed = 0 }: Partial<Seen> = {}): readonly string[] {
  const blamed = [...stage.world.coordinator.state.ledger.workers.values()].filter(({ faults }) => faults > 0);
  return [
    ...uncompleted(stage),
    ...(told > 0 ? [] : ["no checkpoint was told"]),
    ...(othersResumed > 0 ? [] : ["nobody went on from another's checkpoint"]),
    ...(blamed.length === 0 ? [] : [`${blamed.length} workers are blamed`]),
  ];
}

export const checkpointsArePoisoned: Scenario = {
  about:
    "a poisoned checkpoint reaches nobody as long as its makers are not in league: nobody is misled, blamed, fined or unpaid",
  cast: castOf(3, poisoner),
  script,
  epilogue: (stage) => {
    const seen = seenIn.get(stage.world);
    const { misled = 0 } = seen ?? {};
    return [...common(stage, seen), ...(misled === 0 ? [] : [`${misled} were misled, and not paid`])];
  },
};

export const poisonersInLeague: Scenario = {
  about: "where two operators tell the same lie, who goes on from it is misled, and nobody honest is blamed or fined",
  cast: castOf(5, poisonerInLeague),
  script,
  // Whether anybody is misled, or given a checkpoint at all, depends on who holds which tasks when machines are taken back.
  epilogue: (stage) => common(stage, { told: seenIn.get(stage.world)?.told ?? 0, othersResumed: 1 }),
};
