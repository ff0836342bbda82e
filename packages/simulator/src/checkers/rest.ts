// At rest nothing is left over: no lease is under way, no worker holds any, and what was accepted is final.
import type { Millis } from "@starling/kernel";
import type { TaskId } from "@starling/protocol";
import type { World } from "../world/world.ts";
import type { Checker, Findings } from "./checker.ts";
import { creditsLeft } from "./credits-left.ts";

const ENDED_JOBS = new Set(["completed", "failed", "cancelled"]);
const LIVE_LEASES = new Set(["offered", "accepted", "running", "committed", "revealed"]);

/** Whether every job has ended, every escrow is closed and every worker has heard how its leases ended. */
export function isAtRest(world: World): boolean {
  if (world.coordinator.hasDeserted) return isOrphanAtRest(world);
  return world.coordinator.isUp && unrest(world, 1).length === 0;
}

// Nobody ends jobs any more; but every worker knows that its vouchers are done with, and nothing is left in an escrow.
function isOrphanAtRest(world: World): boolean {
  const { chain, workers } = world;
  if (creditsLeft(world).length > 0) return false;
  const isOpen = [...chain.contracts.escrows.values()].some(({ isClosed }) => !isClosed);
  if (isOpen) return false;
  return workers.every(({ node }) => node.isUp && node.state.ledger.vouchers.size === 0);
}

/** What is still under way, at most `max` of it. */
export function unrest(world: World, max: number): Findings {
  const { coordinator, chain, workers } = world;
  const { ledger } = coordinator.state;
  if (coordinator.hasDeserted) return ["an escrow is open, or a worker still waits for the money of a voucher"];
  const found: string[] = [];
  for (const { state, submission } of ledger.jobs.values())
    if (!ENDED_JOBS.has(state)) found.push(`${submission.name} is ${state}`);
  for (const [id, escrow] of chain.contracts.escrows)
    if (!escrow.isClosed || ledger.escrows.get(id)?.chain.phase !== "closed") found.push(`escrow ${id} is open`);
  // Without a chain no escrow closes by itself; what is waited for is the last signature.
  for (const { escrowId, unanchored, batches } of ledger.escrows.values())
    if (world.isChainless && (unanchored.length > 0 || batches.some(({ place }) => place === null)))
      found.push(`results of ${escrowId} are not signed`);
  for (const { escrowId, batches } of ledger.escrows.values())
    for (const { place, taskIds } of batches)
      if (place !== null && ledger.tasks.get(taskIds.at(-1) ?? "")?.state === "accepted")
        found.push(`results of ${escrowId} are anchored and not final yet`);
  for (const { disputeId, isOver } of ledger.disputes.values()) if (!isOver) found.push(`dispute ${disputeId} is open`);
  for (const [key, { amount }] of chain.contracts.registry.pledges)
    if (amount > 0n) found.push(`${amount} is still pledged: ${key}`);
  found.push(...creditsLeft(world));
  for (const { index, node } of workers) {
    if (node.hasDeserted || found.length >= max) continue;
    if (!node.isUp) found.push(`worker ${index} is down`);
    for (const held of node.state.ledger.leases.values())
      found.push(`worker ${index} holds a lease that is ${held.state}`);
  }
  return found.slice(0, max);
}

/** What is accepted so shortly before its escrow's deadline may come too late for the chain. */
const ANCHOR_MS: Millis = 60_000;

/** Whether the task was accepted when its escrow had hardly any time left in which the coordinator lived. */
export function mayBeLate({ coordinator }: World, taskId: TaskId): boolean {
  const { ledger } = coordinator.state;
  const task = ledger.tasks.get(taskId);
  const job = task === undefined ? undefined : ledger.jobs.get(task.jobId);
  const escrow = job === undefined ? undefined : ledger.escrows.get(job.escrowId);
  if (escrow === undefined || task?.result == null) return false;
  const endsAt = escrow.chain.deadlineSeconds * 1_000;
  return task.result.at + ANCHOR_MS + coordinator.downMs(task.result.at, endsAt) > endsAt;
}

export function rest(): Checker {
  return {
    name: "rest",
    atEnd: (world) => {
      const { leases, tasks, jobs } = world.coordinator.state.ledger;
      const broken: string[] = [];
      for (const { leaseId, state } of leases.values())
        if (LIVE_LEASES.has(state)) broken.push(`lease ${leaseId} is ${state} after the end`);
      for (const { taskId, state, jobId } of tasks.values())
        if (jobs.get(jobId)?.state === "completed" && state !== "final" && !mayBeLate(world, taskId))
          broken.push(`task ${taskId} ended ${state}`);
      return broken;
    },
  };
}
