// The durable part as plain data, and back.
import { rebuildIndex } from "./indexes/maintain.ts";
import { upgraded } from "./ledger/upgrade.ts";
import { type CoordinatorConfig, type CoordinatorState, stateOf } from "./state.ts";

/** The ledger itself is plain data; the journal encodes it before the next turn. */
export function snapshot(state: CoordinatorState): unknown {
  return state.ledger;
}

/** A state from a snapshot; index and presence start anew. */
export function restore(config: CoordinatorConfig, data: unknown): CoordinatorState {
  const state = stateOf(config, upgraded(data));
  rebuildIndex(state);
  return state;
}
