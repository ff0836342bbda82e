// The ledger rebuilt from snapshot and facts equals the live one: no turn changed anything that is not a fact.
import { differenceOf } from "../world/plain-data.ts";
import type { Checker } from "./checker.ts";

interface WithLedger {
  readonly ledger: unknown;
}

export function replay(): Checker {
  const compare = (name: string, live: WithLedger, rebuilt: WithLedger): string[] => {
    const difference = differenceOf(live.ledger, rebuilt.ledger);
    return difference === null ? [] : [`the ledger of ${name} differs from the fold of its facts at ${difference}`];
  };
  return {
    name: "replay",
    atCrash: compare,
    atEnd: ({ coordinator, workers }) => {
      const broken = coordinator.recovered().flatMap((state) => compare("the coordinator", coordinator.state, state));
      for (const { index, node } of workers)
        for (const state of node.recovered()) broken.push(...compare(`worker ${index}`, node.state, state));
      return broken;
    },
  };
}
