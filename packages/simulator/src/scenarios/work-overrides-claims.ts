// A slow machine that says it is fast, and one that says it has memory, among honest ones whose speed goes up and down.
import type { CoordinatorFact } from "@starling/coordinator/core";
import type { JobId } from "@starling/protocol";
import { type Behaviour, steady } from "../behaviours/behaviour.ts";
import { shortOfMemory } from "../behaviours/short-of-memory.ts";
import type { Stage } from "../play.ts";
import { workerAt } from "../world/records.ts";
import type { World } from "../world/world.ts";
import { job, role, type Scenario, uncompleted } from "./scenario.ts";

const HONEST = 7;
const [SLOW, SHORT] = [HONEST, HONEST + 1];
const LASTS_MS = 5 * 60_000;
const SECOND_JOB_MS = 100_000;
/** Tasks of the second job are longer: the slow machine could do the first one's, and these not within their time limit. */
const LONGER_TENTHS = 25;
const EVEN = 16;
const MEMORY_KILLS = 2;
const KNOWN = 5;

/** Takes so long for the first job's tasks, and up to so much longer. */
function paced(name: string, ms: number, spanMs: number): Behaviour {
  return {
    ...steady,
    name,
    run: ({ right, spied }, random) => {
      const tenths = spied.replicas > 2 ? LONGER_TENTHS : 10;
      return { durationMs: Math.floor(((ms + random.below(spanMs)) * tenths) / 10), content: right };
    },
  };
}

const jittery = paced("jittery", 900, 800);
const slowBox = paced("slowBox", 8_000, 500);

/** What had been shown before the turn, and leases that were given against it. */
interface Seen {
  isSlow: boolean;
  isShort: boolean;
  /** Jobs whose usual run time was known. */
  known: ReadonlySet<JobId>;
  readonly given: string[];
}

const seenIn = new WeakMap<World, Seen>();

function note({ world }: Pick<Stage, "world">, fact: CoordinatorFact): void {
  const seen = seenIn.get(world) ?? { isSlow: false, isShort: false, known: new Set(), given: [] };
  seenIn.set(world, seen);
  const { ledger } = world.coordinator.state;
  if (fact.type === "leaseOffered") {
    const of = ledger.jobs.get(ledger.tasks.get(fact.taskId)?.jobId ?? "0x");
    const isLong = of !== undefined && of.replicas > 2 && seen.known.has(of.jobId);
    if (fact.worker === workerAt(SLOW) && seen.isSlow && isLong) seen.given.push("the slow machine got a long task");
    if (fact.worker === workerAt(SHORT) && seen.isShort) seen.given.push("what lacks memory got a task");
  }
  seen.isSlow = (ledger.workers.get(workerAt(SLOW))?.observed?.pace ?? 0) > EVEN;
  seen.isShort = (ledger.workers.get(workerAt(SHORT))?.observed?.killed.length ?? 0) >= MEMORY_KILLS;
  seen.known = new Set(
    [...ledger.jobs.values()].flatMap(({ jobId, mapAccepted }) => (mapAccepted >= KNOWN ? jobId : [])),
  );
}

function observedOf({ world }: Stage, index: number) {
  return world.coordinator.state.ledger.workers.get(workerAt(index))?.observed;
}

export const workOverridesClaims: Scenario = {
  about:
    "a slow machine and one without the memory that it claims lose the work that they can't do, and honest jitter costs nobody his class",
  cast: [
    ...Array.from({ length: HONEST }, (_, index) => role(index, jittery)),
    role(SLOW, slowBox),
    role(SHORT, shortOfMemory),
  ],
  lastsMs: LASTS_MS,
  script: ({ payer, world, onFact }) => {
    payer.submit(job(1, { tasks: 100, trust: "quorum", budgetTimes: 4n }));
    world.simulation.after(SECOND_JOB_MS, () => payer.submit(job(2, { tasks: 36, trust: "strong", budgetTimes: 4n })));
    onFact((fact) => note({ world }, fact));
  },
  epilogue: (stage) => {
    const seen = seenIn.get(stage.world);
    const found = [...uncompleted(stage), ...new Set(seen?.given)];
    for (let index = 0; index < HONEST; index += 1) {
      const observed = observedOf(stage, index);
      if ((observed?.pace ?? EVEN) !== EVEN) found.push(`honest worker ${index} has pace ${observed?.pace}`);
      if ((observed?.killed.length ?? 0) > 0) found.push(`honest worker ${index} is taken to lack memory`);
    }
    if (seen?.isSlow !== true) found.push("the slow machine passes for a fast one");
    if (seen?.isShort !== true) found.push("nobody saw that memory lacks");
    return found;
  },
};
