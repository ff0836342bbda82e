// Honest until it has given so many results, then never again.
import { type Behaviour, steady } from "./behaviour.ts";

/** One that sleeps for so many leases. */
export function sleeperAfter(leases: number): Behaviour {
  return {
    ...steady,
    name: `sleeper ${leases}`,
    run: ({ lease, right, worker, den }, random, count) => {
      const durationMs = 5 + random.below(100);
      if (den.note(`leases of ${worker}`, lease.leaseId) <= leases) return { durationMs, content: right };
      count("sleeperLie");
      return { durationMs, content: `awake ${worker} ${lease.leaseId}` };
    },
  };
}
