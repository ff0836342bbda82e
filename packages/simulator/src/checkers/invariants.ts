// The cores' own invariants hold after every turn.
import { coordinatorDecider } from "@starling/coordinator/core";
import { workerDecider } from "@starling/worker-node/core";
import type { World } from "../world/world.ts";
import type { Checker } from "./checker.ts";

/** A turn without facts changes nothing but presence, so only some of those are looked at. */
const IDLE_EVERY_TURNS = 8;
/** The invariants look at everything there is. Of a state with more things than this only every second turn is checked, and so on. */
const THINGS_PER_TURN = 600;

export function invariants(): Checker {
  const sinceLast = new Map<unknown, number>();
  const isDue = (of: unknown, everyTurns: number): boolean => {
    const since = (sinceLast.get(of) ?? 0) + 1;
    sinceLast.set(of, since < everyTurns ? since : 0);
    return since >= everyTurns;
  };
  const spacing = (facts: readonly unknown[]): number => (facts.length > 0 ? 1 : IDLE_EVERY_TURNS);
  return {
    name: "invariants",
    afterTurn: (world, facts) => {
      const { coordinator } = world;
      return isDue(coordinator, spacing(facts) * crowding(world))
        ? coordinatorDecider.violations(coordinator.state)
        : [];
    },
    afterWorkerTurn: ({ index, node }, facts) =>
      isDue(node, spacing(facts))
        ? workerDecider.violations(node.state).map((finding) => `worker ${index}: ${finding}`)
        : [],
  };
}

function crowding({ coordinator }: World): number {
  const { leases, tasks, workers } = coordinator.state.ledger;
  return 1 + Math.floor((leases.size + tasks.size + workers.size) / THINGS_PER_TURN);
}
