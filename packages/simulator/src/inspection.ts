// Runs all checkers over everything that happens and keeps what they find.
import type { CoordinatorEffect, CoordinatorFact, CoordinatorState } from "@starling/coordinator/core";
import { present } from "@starling/kernel";
import type { WorkerFact, WorkerState } from "@starling/worker-node/core";
import type { Checker, Findings } from "./checkers/checker.ts";
import type { VirtualWorker } from "./world/virtual-worker.ts";
import type { Watch, World } from "./world/world.ts";

/** More of the same says nothing new. */
const BROKEN_MAX = 8;

/** Watches one world. */
export class Inspection implements Watch {
  readonly #checkers: readonly Checker[];
  #world: World | undefined;
  readonly #listeners: ((fact: CoordinatorFact) => void)[] = [];
  readonly broken: string[] = [];
  /** How often each thing became true: by fact, and by what decided about it. */
  readonly reached: Record<string, number> = {};

  constructor(checkers: readonly Checker[]) {
    this.#checkers = checkers;
  }

  /** Begins to watch; before this nothing happens in a world. */
  watch(world: World): void {
    this.#world = world;
  }

  /** Calls the listener with each fact of the coordinator once it is durable, before any effect of its turn leaves. */
  onFact(listener: (fact: CoordinatorFact) => void): void {
    this.#listeners.push(listener);
  }

  complain(checker: string, findings: Findings): void {
    for (const finding of findings) if (this.broken.length < BROKEN_MAX) this.broken.push(`${checker}: ${finding}`);
  }

  coordinatorTurn(_state: CoordinatorState, facts: readonly CoordinatorFact[]): void {
    for (const fact of facts) {
      const name = nameOf(fact);
      this.reached[name] = (this.reached[name] ?? 0) + 1;
    }
    for (const checker of this.#checkers)
      if (checker.afterTurn !== undefined) this.complain(checker.name, checker.afterTurn(this.#seen, facts));
    for (const fact of facts) for (const listener of this.#listeners) listener(fact);
  }

  coordinatorEffect(effect: CoordinatorEffect): void {
    for (const checker of this.#checkers)
      if (checker.beforeEffect !== undefined) this.complain(checker.name, checker.beforeEffect(this.#seen, effect));
  }

  workerTurn(worker: VirtualWorker, facts: readonly WorkerFact[]): void {
    for (const checker of this.#checkers)
      if (checker.afterWorkerTurn !== undefined) this.complain(checker.name, checker.afterWorkerTurn(worker, facts));
  }

  recovered(name: string, live: CoordinatorState | WorkerState, recovered: CoordinatorState | WorkerState): void {
    for (const checker of this.#checkers)
      if (checker.atCrash !== undefined) this.complain(checker.name, checker.atCrash(name, live, recovered));
  }

  atEnd(): void {
    for (const checker of this.#checkers)
      if (checker.atEnd !== undefined) this.complain(checker.name, checker.atEnd(this.#seen));
  }

  atOrphanedEnd(): void {
    for (const checker of this.#checkers)
      if (checker.atOrphanedEnd !== undefined) this.complain(checker.name, checker.atOrphanedEnd(this.#seen));
  }

  get #seen(): World {
    return present(this.#world, "the world that is watched");
  }
}

function nameOf(fact: CoordinatorFact): string {
  switch (fact.type) {
    case "taskAccepted":
      return `taskAccepted by ${fact.by}`;
    case "jobAccepted":
      return `jobAccepted, ${fact.funding}`;
    case "exitIntended":
      return `exitIntended, ${fact.step}`;
    default:
      return fact.type;
  }
}
