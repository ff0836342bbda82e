// The earliest moment at which time alone matters.
import type { Millis } from "@starling/kernel";
import type { CoordinatorState } from "./state.ts";

/** When to tick next, or null. */
export function nextWake(state: CoordinatorState): Millis | null {
  return state.index.timers.next();
}
