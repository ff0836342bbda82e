// What owners take back, and what registries do not give or no room is left for, is nobody's fault: nothing is lost by it, and a machine that is held takes nothing new.
import type { CoordinatorFact } from "@starling/coordinator/core";
import {
  type Address,
  imageUnavailableReason,
  type LeaseId,
  reclaimedReason,
  rootRoomReason,
  type TaskId,
} from "@starling/protocol";
import type { WorkerFact, WorkerState } from "@starling/worker-node/core";
import type { World } from "../world/world.ts";
import type { Checker } from "./checker.ts";

const LOSSES: ReadonlySet<string> = new Set(["leaseExpired", "leaseRevoked", "leaseFailed"]);
const BLAMELESS: ReadonlySet<string> = new Set([reclaimedReason, imageUnavailableReason, rootRoomReason]);

type Hold = NonNullable<WorkerState["ledger"]["hold"]>;

export function owners(): Checker {
  const givenBack = new Map<LeaseId, TaskId>();
  const held = new Map<number, Hold | null>();
  // Counted from the facts alone, and never too few: what else may suspend a worker, or count against a task.
  const blame = { workers: new Map<Address, number>(), tasks: new Map<TaskId, number>() };
  return {
    name: "owners",
    afterTurn: (world, facts) => blamed(world, facts, { givenBack, blame }),
    afterWorkerTurn: ({ index, node }, facts) => {
      // A turn takes several inputs: what came before the owner's wish in it was his wish of before.
      let hold = facts.some(({ type }) => type === "holdChanged") ? (held.get(index) ?? null) : node.state.ledger.hold;
      held.set(index, node.state.ledger.hold);
      return facts.flatMap((fact) => {
        if (fact.type === "holdChanged") hold = fact.hold;
        return againstHold(fact, hold).map((what) => `worker ${index} ${what}`);
      });
    },
    atEnd: (world) => [...givenBack].flatMap(([leaseId, taskId]) => lostBy(world, leaseId, taskId)),
  };
}

/** What a worker did against its owner's wish at that moment. */
function againstHold(fact: WorkerFact, hold: Hold | null): readonly string[] {
  if (hold !== null && fact.type === "leaseAccepted") return [`took a lease while ${hold.kind}`];
  if (hold?.kind === "reclaimed" && fact.type === "leaseStarted")
    return ["started a lease although its machine was taken back"];
  if (hold?.kind !== "reclaimed" && fact.type === "leaseFailed" && fact.reason === reclaimedReason)
    return ["gave a lease back that its owner did not want back"];
  return [];
}

interface Seen {
  readonly givenBack: Map<LeaseId, TaskId>;
  readonly blame: { readonly workers: Map<Address, number>; readonly tasks: Map<TaskId, number> };
}

/** Counts a loss; tells whose task it was. */
function count(fact: CoordinatorFact, { coordinator }: World, { givenBack, blame }: Seen): TaskId | null {
  if (!LOSSES.has(fact.type) || !("leaseId" in fact)) return null;
  const lease = coordinator.state.ledger.leases.get(fact.leaseId);
  if (lease === undefined) return null;
  const { taskId, worker } = lease;
  if (fact.type === "leaseFailed" && BLAMELESS.has(fact.reason.code)) givenBack.set(fact.leaseId, taskId);
  else {
    blame.workers.set(worker, (blame.workers.get(worker) ?? 0) + 1);
    blame.tasks.set(taskId, (blame.tasks.get(taskId) ?? 0) + 1);
  }
  return taskId;
}

/** After a whole turn, since the books are those of its end. */
function blamed(world: World, facts: readonly CoordinatorFact[], seen: Seen): readonly string[] {
  const { ledger, config } = world.coordinator.state;
  const touched = new Set(facts.flatMap((fact) => count(fact, world, seen) ?? []));
  const broken: string[] = [];
  for (const taskId of touched) {
    const failures = ledger.tasks.get(taskId)?.failures ?? 0;
    const known = seen.blame.tasks.get(taskId) ?? 0;
    if (failures > known)
      broken.push(
        `${taskId} counts ${failures} failures, of which ${known} were neither an owner's wish nor a registry's`,
      );
  }
  for (const fact of facts) {
    if (fact.type !== "workerSuspended") continue;
    const losses = seen.blame.workers.get(fact.worker) ?? 0;
    if (losses < config.policy.suspendAfter)
      broken.push(
        `worker ${fact.worker} is suspended after ${losses} losses that were neither its owner's wish nor a registry's`,
      );
  }
  return broken;
}

/** A task whose lease was given back was leased again, has its result, or belongs to a job that ended. */
function lostBy({ coordinator }: World, leaseId: LeaseId, taskId: TaskId): readonly string[] {
  const { leases, tasks, jobs } = coordinator.state.ledger;
  const [lease, task] = [leases.get(leaseId), tasks.get(taskId)];
  if (lease === undefined || task === undefined) return [];
  const isDone = task.result !== null || jobs.get(task.jobId)?.state !== "running";
  const isFollowed = task.leases.some((id) => (leases.get(id)?.attempt ?? 0) > lease.attempt);
  return isDone || isFollowed ? [] : [`${taskId} was never leased again after ${leaseId} was nobody's fault`];
}
