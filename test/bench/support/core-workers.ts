// Many workers of one core: they greet, ask, and do tasks without running anything.
import type { CoordinatorEffect } from "@starling/coordinator/core";
import type { Address, JobSubmission } from "@starling/protocol";
import { record, submission } from "../../../packages/coordinator/test/core/world/fixtures.ts";
import { TestWorker } from "../../../packages/coordinator/test/core/world/worker.ts";
import type { CoreDriver } from "./core-driver.ts";

/** What every worker of the benchmark asks for a task, base units. */
const price = 100n;

/** So many workers, each of an operator of its own. */
export function workersOf(count: number, slots: number): readonly TestWorker[] {
  return Array.from({ length: count }, (_, i) => new TestWorker(record(`bench-${i}`, { slots, pricePerTask: price })));
}

/** A job of so many tasks with enough money for all of them. */
export function jobOf(tasks: number): JobSubmission {
  return submission({
    key: `bench-${tasks}`,
    trust: "quorum",
    tasks,
    perTaskMax: price,
    budget: BigInt(tasks) * 4n * price,
  });
}

/** All workers greet; none asks yet. */
export function greet(core: CoreDriver, workers: readonly TestWorker[]): void {
  for (const worker of workers) {
    const [hello] = worker.connect();
    if (hello !== undefined) core.feed(hello);
  }
}

/** Credit for so many tasks each. */
export function credit(core: CoreDriver, workers: readonly TestWorker[], job: JobSubmission): void {
  const each = job.order.budget / BigInt(workers.length);
  core.allot(
    job,
    workers.map(({ address }) => address),
    each,
  );
}

/** Carries mail between the core and its workers until everybody has done what he was given. */
export function work(core: CoreDriver, workers: ReadonlyMap<Address, TestWorker>, stop: () => boolean): void {
  let asked = [...workers.values()].flatMap((worker) => [...core.feed(worker.ask())]);
  do {
    deliver(core, workers, asked);
    if (stop()) return;
    // One frame for everything that the worker has finished meanwhile, and one ask, as a busy worker sends them.
    asked = [...workers.values()].flatMap((worker) =>
      worker.run().flatMap((input) => [...core.onChain(core.feed(input))]),
    );
  } while (asked.length > 0);
}

function deliver(
  core: CoreDriver,
  workers: ReadonlyMap<Address, TestWorker>,
  effects: readonly CoordinatorEffect[],
): void {
  const queue = [...effects];
  for (let next = 0; next < queue.length; next += 1) {
    const effect = queue[next];
    if (effect === undefined || !("worker" in effect)) continue;
    const worker = workers.get(effect.worker);
    if (worker === undefined) continue;
    for (const input of answersTo(worker, effect)) queue.push(...core.onChain(core.feed(input)));
  }
}

function answersTo(worker: TestWorker, effect: CoordinatorEffect) {
  switch (effect.type) {
    case "sendLeases":
      return worker.onLeases(effect.leases);
    case "sendCommitSets":
      return worker.onCommitSets(effect.items);
    case "sendVerdicts":
      worker.onVerdicts(effect.items);
      return [];
    case "sendRevokes":
      return worker.onRevokes(effect.leases);
    default:
      return [];
  }
}
