// No wrong result is ever accepted.
import { resultDigest } from "@starling/protocol";
import { outputsOf } from "../world/virtual-worker.ts";
import type { Checker } from "./checker.ts";

export const rightResults: Checker = {
  name: "right-results",
  afterTurn: ({ state }, facts) => {
    const broken: string[] = [];
    for (const fact of facts) {
      if (fact.type !== "taskAccepted") continue;
      const lease = fact.winners[0] === undefined ? undefined : state.ledger.leases.get(fact.winners[0]);
      const taskSpec = lease?.taskSpec;
      if (taskSpec === undefined) broken.push(`accepted task ${fact.taskId} is unknown`);
      else if (fact.digest !== resultDigest(outputsOf(`right ${taskSpec}`)))
        broken.push(`a wrong result of ${fact.taskId} was accepted (by ${fact.by})`);
    }
    return broken;
  },
};
