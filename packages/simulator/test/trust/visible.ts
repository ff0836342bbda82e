// What a lone worker sees of its leases in a simulated network, and whether each of them was an audit.
import type { Address, JobId, LeaseItem } from "@starling/protocol";
import type { Behaviour } from "../../src/behaviours/behaviour.ts";
import { honest } from "../../src/behaviours/honest.ts";
import type { Checker } from "../../src/checkers/checker.ts";
import { noFaults } from "../../src/fault-plan.ts";
import { perform } from "../../src/play.ts";
import { job, staked } from "../../src/scenarios/scenario.ts";
import type { World } from "../../src/world/world.ts";

/** A lease with everything about it that its worker can see, as numbers. */
export interface SeenLease {
  readonly isAudit: boolean;
  /** Since the first lease of the job; no worker knows that of the others. */
  readonly sinceStartMs: number;
  readonly features: Readonly<Record<string, number>>;
}

/** Takes about a second for everything, so that its pledge stands for all of its results that are not settled. */
const unhurried: Behaviour = {
  ...honest,
  run: ({ right }, random) => ({ durationMs: RUN_MS_MIN + random.below(RUN_MS_SPAN), content: right }),
};
const RUN_MS_MIN = 500;
const RUN_MS_SPAN = 1_000;

/** Operators with one worker each. */
const OPERATORS = 10;
/** So many tasks let everybody pass its probation before anything is measured. */
const WARM_UP_TASKS = 400;
const WARM_UP_MS = 90_000;
const MEASURED_MS = 600_000;

/** Runs a job of so many tasks at `spot` among honest workers that are known already, and lists their leases. */
export function leasesSeen(
  seed: number,
  tasks: number,
): { readonly leases: readonly SeenLease[]; readonly broken: readonly string[] } {
  const witness = new Witness();
  const warmUp = job(1, { trust: "spot", tasks: WARM_UP_TASKS, budgetTimes: 4n });
  const measured = job(2, { trust: "spot", tasks, budgetTimes: 4n });
  const { broken } = perform({
    seed,
    cast: Array.from({ length: OPERATORS }, (_, index) => staked(index, unhurried)),
    plan: noFaults,
    plantedBugs: new Set(),
    checkers: [witness.checker],
    // As long as things may fail everybody behaves as it likes: here they only take their time.
    faultsMs: MEASURED_MS,
    script: ({ payer, world }) => {
      payer.submit(warmUp);
      world.simulation.after(WARM_UP_MS, () => {
        witness.jobId = payer.submit(measured);
      });
    },
    encore: () => [],
    epilogue: () => [],
  });
  return { leases: witness.leases, broken };
}

/** Reads the frames on their way. */
class Witness {
  jobId: JobId | null = null;
  readonly leases: SeenLease[] = [];
  readonly #first = new Map<Address, number>();
  readonly #last = new Map<Address, { readonly at: number; readonly index: number }>();
  readonly #count = new Map<Address, number>();
  #open = 0;
  #startedAt = 0;

  readonly checker: Checker = {
    name: "witness",
    beforeEffect: (world, effect) => {
      if (effect.type === "publishOffer" && effect.offer.jobId === this.jobId) this.#open = effect.offer.open;
      if (effect.type === "sendLeases")
        for (const [place, lease] of effect.leases.entries())
          if (lease.jobId === this.jobId)
            this.#see(world, lease, { worker: effect.worker, place, size: effect.leases.length });
      return [];
    },
  };

  #see(
    { coordinator, simulation }: World,
    lease: LeaseItem,
    { worker, place, size }: { readonly worker: Address; readonly place: number; readonly size: number },
  ): void {
    const { now } = simulation;
    const taskId = coordinator.state.ledger.leases.get(lease.leaseId)?.taskId;
    const task = taskId === undefined ? undefined : coordinator.state.ledger.tasks.get(taskId);
    if (this.leases.length === 0) this.#startedAt = now;
    const first = this.#first.get(worker) ?? now;
    const last = this.#last.get(worker) ?? { at: now, index: lease.index };
    const count = (this.#count.get(worker) ?? 0) + 1;
    this.leases.push({
      isAudit: (task?.result ?? null) !== null,
      sinceStartMs: now - this.#startedAt,
      features: {
        attempt: lease.attempt,
        index: lease.index,
        price: Number(lease.price),
        fine: Number(lease.fine),
        leaseMs: lease.leaseMs,
        "time since its first lease of the job": now - first,
        "time since its last lease": now - last.at,
        "distance from its last index": Math.abs(lease.index - last.index),
        "leases before this one": count,
        "place in the frame": place,
        "leases in the frame": size,
        "open tasks of the last offer": this.#open,
      },
    });
    this.#first.set(worker, first);
    this.#last.set(worker, { at: now, index: lease.index });
    this.#count.set(worker, count);
  }
}
