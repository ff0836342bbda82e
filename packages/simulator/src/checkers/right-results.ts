// A wrong result is never accepted where a referee decides, nor by fresh replicas unless attackers of one kind gave them all.
import { type LeaseId, resultDigest } from "@starling/protocol";
import type { Behaviour } from "../behaviours/behaviour.ts";
import { lazyCopier } from "../behaviours/lazy-copier.ts";
import { opportunist } from "../behaviours/opportunist.ts";
import { profitSeeker } from "../behaviours/profit-seeker.ts";
import { waverer } from "../behaviours/waverer.ts";
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
        // Attackers that fill all fresh replicas are what p^(R + 1) stands for: nobody but a referee could know better.
        if (fact.by === "freshReplicas" && areAlike(world, fact.winners)) continue;
        if (fact.digest !== resultDigest(outputsOf(rightContent(taskSpec))))
          broken.push(`a wrong result of ${fact.taskId} was accepted (by ${fact.by})`);
      }
      return broken;
    },
  };
}

// Those whose wrong answers may be the same: coalitions, and copiers who saw nothing and guess one of a few possible answers.
const alike: ReadonlySet<Behaviour> = new Set([opportunist, profitSeeker, waverer, lazyCopier]);

/** Whether more operators than the task has replicas gave the answer, all of one such kind. */
function areAlike({ coordinator, workers }: World, winners: readonly LeaseId[]): boolean {
  const { ledger } = coordinator.state;
  const leases = winners.flatMap((id) => ledger.leases.get(id) ?? []);
  const behaviours = new Set(
    leases.map(({ worker }) => workers.find(({ address }) => address === worker)?.role.behaviour),
  );
  const [only] = behaviours;
  const operators = new Set(leases.map(({ operator }) => operator));
  const replicas = leases[0] === undefined ? undefined : ledger.jobs.get(leases[0].jobId)?.replicas;
  if (only === undefined || replicas === undefined) return false;
  return behaviours.size === 1 && alike.has(only) && operators.size > replicas;
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
