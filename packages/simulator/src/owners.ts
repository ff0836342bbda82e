// Owners of machines, who pause them, take them back with notice and without, and drain them, and later let them work again.
import type { Millis, RandomStream } from "@starling/kernel";
import type { WorkerInput } from "@starling/worker-node/core";
import type { FaultKind } from "./fault-plan.ts";
import type { VirtualWorker } from "./world/virtual-worker.ts";
import type { World } from "./world/world.ts";

const SECOND_MS: Millis = 1_000;
/** Longest that an owner keeps his machine, and longest notice that he gives. */
const KEPT_MS_MAX: Millis = 15 * SECOND_MS;
const NOTICE_MS_MAX: Millis = 3 * SECOND_MS;

/** From now on owners say, now and then, what they want; each wish is taken back, by him who lives to do it. */
export function letOwnersAct(world: World, random: RandomStream): void {
  const { simulation, faults } = world;
  const until = new Map<VirtualWorker, Millis>();
  const look = (): void => {
    for (const worker of world.workers) {
      const wish = wishOf(world, random);
      if (wish !== null && worker.node.isUp) {
        worker.node.input(wish);
        until.set(worker, simulation.now + random.below(KEPT_MS_MAX));
      } else if (isHeld(worker) && simulation.now >= (until.get(worker) ?? 0)) {
        // A resumption that a crash swallows is said again.
        worker.node.input({ type: "ownerAsked", wish: { kind: "resume" } });
      }
    }
    if (faults.isOn || world.workers.some((worker) => isHeld(worker) && !worker.node.hasDeserted))
      simulation.after(SECOND_MS, look);
  };
  simulation.after(SECOND_MS, look);
}

function isHeld({ node }: VirtualWorker): boolean {
  return node.state.ledger.hold !== null || node.state.presence.drainingSince !== null;
}

function wishOf({ faults }: World, random: RandomStream): WorkerInput | null {
  const wants = (kind: FaultKind): boolean => faults.strikes(kind, random);
  if (wants("ownerReclaimed")) {
    const noticeMs = random.chance(1, 3) ? 0 : random.below(NOTICE_MS_MAX);
    return { type: "ownerAsked", wish: { kind: "reclaim", noticeMs } };
  }
  if (wants("ownerPaused")) return { type: "ownerAsked", wish: { kind: "pause" } };
  return wants("ownerDrained") ? { type: "drainRequested" } : null;
}
