// A worker that misbehaves is an honest one with some of its parts wrapped: the seams at which that can be done.
import type { Entropy, Performer } from "@starling/node-kit";
import type { LeaseItem, WorkerMessage } from "@starling/protocol";
import type { WorkerEffect, WorkerFact, WorkerInput } from "../../core/index.ts";
import type { Executor } from "../executors/executor.ts";

/** What the worker's core asks for is performed by this. */
export type WorkerEffects = Performer<WorkerEffect, WorkerInput>;

/** One kind of worker. An honest one changes nothing. */
export interface Behaviour {
  /** What runs tasks. */
  executor(honest: Executor): Executor;
  /** What performs the core's effects. */
  performer(honest: WorkerEffects): WorkerEffects;
  /** What leaves in place of a frame. */
  frames(honest: WorkerMessage): readonly WorkerMessage[];
  /** Whether a lease is taken to the core; the others are declined at once. */
  takes(lease: LeaseItem): boolean;
  /** Told of all that becomes true at this worker. */
  learns(fact: WorkerFact): void;
}

/** How to make a behaviour: a number that it may be given, and chance. */
export interface BehaviourParts {
  /** What stands behind the colon of `sleeper:3`; null for the behaviour's own default. */
  readonly number: number | null;
  readonly entropy: Entropy;
}

/** Nothing is changed. */
export const honest: Behaviour = {
  executor: (executor) => executor,
  performer: (performer) => performer,
  frames: (message) => [message],
  takes: () => true,
  learns: () => undefined,
};

/** True at every so many-th call: whoever tries a cheat must see it cheat. */
export function everyNth(count: number): () => boolean {
  let calls = 0;
  return () => {
    calls += 1;
    return calls % count === 0;
  };
}
