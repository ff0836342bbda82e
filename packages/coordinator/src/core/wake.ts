// The earliest moment at which time alone matters.
import { earliest, type Millis } from "@starling/kernel";
import { wakeIndexer, wakeSender } from "@starling/settlement";
import { indexerOf, senderOf } from "./money/bridge.ts";
import type { CoordinatorState } from "./state.ts";

/** When to tick next, or null. */
export function nextWake(state: CoordinatorState): Millis | null {
  const settlementAt = earliest(wakeSender(senderOf(state)), wakeIndexer(indexerOf(state)));
  return earliest(state.index.timers.next(), settlementAt);
}
