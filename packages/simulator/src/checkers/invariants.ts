// The cores' own invariants hold after every turn.
import { coordinatorDecider } from "@starling/coordinator/core";
import { workerDecider } from "@starling/worker-node/core";
import type { Checker } from "./checker.ts";

/** A turn without facts changes nothing but presence, so only some of those are looked at. */
const IDLE_EVERY_TURNS = 8;

export function invariants(): Checker {
  let idleTurns = 0;
  const isLookedAt = (facts: readonly unknown[]): boolean => {
    if (facts.length > 0) return true;
    idleTurns += 1;
    return idleTurns % IDLE_EVERY_TURNS === 0;
  };
  return {
    name: "invariants",
    afterTurn: ({ coordinator }, facts) => (isLookedAt(facts) ? coordinatorDecider.violations(coordinator.state) : []),
    afterWorkerTurn: ({ index, node }, facts) =>
      isLookedAt(facts) ? workerDecider.violations(node.state).map((finding) => `worker ${index}: ${finding}`) : [],
  };
}
