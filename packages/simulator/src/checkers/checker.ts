// What is checked while a simulated network runs: after every turn of the coordinator, and at the end.
import type { CoordinatorFact, CoordinatorState } from "@starling/coordinator/core";
import type { VirtualChain } from "../world/virtual-chain.ts";

/** What a checker may look at. */
export interface Observed {
  readonly state: CoordinatorState;
  readonly chain: VirtualChain;
  /** Addresses of workers that may give wrong answers. */
  readonly liars: ReadonlySet<string>;
}

/** One property of the whole network. */
export interface Checker {
  readonly name: string;
  /** After each turn, with the facts that it made durable. Returns what is broken. */
  afterTurn?(observed: Observed, facts: readonly CoordinatorFact[]): readonly string[];
  /** When the network has come to rest. */
  atEnd?(observed: Observed): readonly string[];
}
