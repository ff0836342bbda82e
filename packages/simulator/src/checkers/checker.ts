// What is checked while a simulated network runs: after every turn, before every effect, at crashes, and at the end.
import type { CoordinatorEffect, CoordinatorFact, CoordinatorState } from "@starling/coordinator/core";
import type { WorkerFact, WorkerState } from "@starling/worker-node/core";
import type { VirtualWorker } from "../world/virtual-worker.ts";
import type { World } from "../world/world.ts";

/** Findings in words; empty when all is well. */
export type Findings = readonly string[];

/** One property of the whole network. A checker may remember what it saw, so every run needs its own. */
export interface Checker {
  readonly name: string;
  /** After a turn of the coordinator, with the facts that it made durable. */
  afterTurn?(world: World, facts: readonly CoordinatorFact[]): Findings;
  /** Before an effect of the coordinator leaves. */
  beforeEffect?(world: World, effect: CoordinatorEffect): Findings;
  /** After a turn of a worker, with the facts that it made durable. */
  afterWorkerTurn?(worker: VirtualWorker, facts: readonly WorkerFact[]): Findings;
  /** After a crash: the state that was live, and the one that recovery finds. */
  atCrash?(name: string, live: CoordinatorState | WorkerState, recovered: CoordinatorState | WorkerState): Findings;
  /** When the network has come to rest. */
  atEnd?(world: World): Findings;
  /** The same without a coordinator, which is gone for ever. */
  atOrphanedEnd?(world: World): Findings;
}
