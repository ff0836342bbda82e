// The core's own invariants hold after every turn.
import { coordinatorDecider } from "@starling/coordinator/core";
import type { Checker } from "./checker.ts";

export const invariants: Checker = {
  name: "invariants",
  afterTurn: ({ state }) => coordinatorDecider.violations(state),
};
