// No worker ever finds that a coordinator which does nothing wrong has misstated its lottery.
import { isDiscrepancy } from "@starling/worker-node/core";
import type { Checker } from "./checker.ts";

export function trustTickets(): Checker {
  const accused: string[] = [];
  return {
    name: "trust-tickets",
    afterWorkerTurn: (worker, facts) => {
      for (const fact of facts) {
        if (fact.type === "ticketOpened" && isDiscrepancy(fact.outcome))
          accused.push(`worker ${worker.index} found ${fact.outcome} for ${fact.taskSpec}`);
      }
      return [];
    },
    // Over a set that was forged on the way the draw is another one, and the worker that was shown it says so.
    atEnd: ({ faults }) => (faults.fired.commitSetForked > 0 ? [] : accused),
  };
}
