// A wrong result is never accepted where a referee decides, nor by fresh replicas unless one coalition gave them all.
import { resultDigest } from "@starling/protocol";
import { opportunist } from "../behaviours/opportunist.ts";
import { outputsOf, rightContent } from "../world/outputs.ts";
import type { World } from "../world/world.ts";
import type { Checker } from "./checker.ts";

export function rightResults(): Checker {
  return {
    name: "right-results",
    afterTurn: (world, facts) => {
      const broken: string[] = [];
      for (const fact of facts) {
        if (fact.type !== "taskAccepted") continue;
        const taskSpec = specOf(world, fact.winners);
        if (taskSpec === null) continue;
        // What fewer replicas than liars agree on is provisional; `trust-results` looks at what becomes of it.
        if (fact.by === "agreement") continue;
        // A coalition that fills all fresh replicas is what p^(R + 1) stands for: nobody but a referee could know better.
        if (fact.by === "freshReplicas" && areColluders(world, fact.winners)) continue;
        if (fact.digest !== resultDigest(outputsOf(rightContent(taskSpec))))
          broken.push(`a wrong result of ${fact.taskId} was accepted (by ${fact.by})`);
      }
      return broken;
    },
  };
}

function areColluders({ coordinator, workers }: World, winners: readonly `0x${string}`[]): boolean {
  const colluders = new Set(workers.filter(({ role }) => role.behaviour === opportunist).map(({ address }) => address));
  return winners.every((id) => colluders.has(coordinator.state.ledger.leases.get(id)?.worker ?? "0x"));
}

// Null where no result is right: a program that gives another one each time.
function specOf({ coordinator }: World, winners: readonly `0x${string}`[]): `0x${string}` | null {
  const { ledger } = coordinator.state;
  const lease = winners[0] === undefined ? undefined : ledger.leases.get(winners[0]);
  const task = lease === undefined ? undefined : ledger.tasks.get(lease.taskId);
  const job = task === undefined ? undefined : ledger.jobs.get(task.jobId);
  if (lease === undefined || job === undefined) return `0x${"00".repeat(32)}`;
  const isRandom = task?.step === "map" && job.submission.spec.map.args.includes("nondeterministic");
  return isRandom ? null : lease.taskSpec;
}
