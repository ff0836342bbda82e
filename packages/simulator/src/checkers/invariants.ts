// The cores' own invariants hold after every turn.
import { coordinatorDecider } from "@starling/coordinator/core";
import { workerDecider } from "@starling/worker-node/core";
import type { Checker } from "./checker.ts";

export function invariants(): Checker {
  return {
    name: "invariants",
    afterTurn: ({ coordinator }) => coordinatorDecider.violations(coordinator.state),
    afterWorkerTurn: ({ index, node }) =>
      workerDecider.violations(node.state).map((finding) => `worker ${index}: ${finding}`),
  };
}
