// At rest nothing is left over: no lease is under way, no worker holds any, and what was accepted is final.
import type { World } from "../world/world.ts";
import type { Checker, Findings } from "./checker.ts";

const ENDED_JOBS = new Set(["completed", "failed", "cancelled"]);
const LIVE_LEASES = new Set(["offered", "accepted", "running", "committed", "revealed"]);

/** Whether every job has ended, every escrow is closed and every worker has heard how its leases ended. */
export function isAtRest(world: World): boolean {
  return world.coordinator.isUp && unrest(world, 1).length === 0;
}

/** What is still under way, at most `max` of it. */
export function unrest({ coordinator, chain, workers }: World, max: number): Findings {
  const { ledger } = coordinator.state;
  const found: string[] = [];
  for (const { state, submission } of ledger.jobs.values())
    if (!ENDED_JOBS.has(state)) found.push(`${submission.name} is ${state}`);
  for (const [id, escrow] of chain.contracts.escrows)
    if (!escrow.isClosed || ledger.escrows.get(id)?.chain.phase !== "closed") found.push(`escrow ${id} is open`);
  for (const { index, node } of workers) {
    if (node.hasDeserted || found.length >= max) continue;
    if (!node.isUp) found.push(`worker ${index} is down`);
    for (const held of node.state.ledger.leases.values())
      found.push(`worker ${index} holds a lease that is ${held.state}`);
  }
  return found.slice(0, max);
}

export function rest(): Checker {
  return {
    name: "rest",
    atEnd: ({ coordinator }) => {
      const { leases, tasks, jobs } = coordinator.state.ledger;
      const broken: string[] = [];
      for (const { leaseId, state } of leases.values())
        if (LIVE_LEASES.has(state)) broken.push(`lease ${leaseId} is ${state} after the end`);
      for (const { taskId, state, jobId } of tasks.values())
        if (jobs.get(jobId)?.state === "completed" && state !== "final") broken.push(`task ${taskId} ended ${state}`);
      return broken;
    },
  };
}
