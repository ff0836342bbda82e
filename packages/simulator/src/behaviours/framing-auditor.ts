// Wants others fined: contradicts every answer that it is to check. It is granted to know which leases those are.
import { type Behaviour, steady } from "./behaviour.ts";

export const framingAuditor: Behaviour = {
  ...steady,
  name: "framing auditor",
  run: ({ lease, right, worker, spied }, random, count) => {
    const durationMs = 5 + random.below(100);
    if (!spied.isAudit) return { durationMs, content: right };
    count("framing");
    return { durationMs, content: `framed by ${worker} ${lease.leaseId}` };
  },
};
