// The ledger rebuilt from snapshot and facts equals the live one: no turn changed anything that is not a fact.
import { differenceOf } from "../world/plain-data.ts";
import type { World } from "../world/world.ts";
import type { Checker, Findings } from "./checker.ts";

interface WithLedger {
  readonly ledger: unknown;
}

export function replay(): Checker {
  const compare = (name: string, live: WithLedger, rebuilt: WithLedger): string[] => {
    const difference = differenceOf(live.ledger, rebuilt.ledger);
    return difference === null ? [] : [`the ledger of ${name} differs from the fold of its facts at ${difference}`];
  };
  const workerFlaws = ({ workers }: World): Findings =>
    workers.flatMap(({ index, node }) =>
      node.recovered().flatMap((state) => compare(`worker ${index}`, node.state, state)),
    );
  return {
    name: "replay",
    atCrash: compare,
    atEnd: (world) => {
      const { coordinator } = world;
      const broken = coordinator.recovered().flatMap((state) => compare("the coordinator", coordinator.state, state));
      return [...broken, ...workerFlaws(world)];
    },
    atOrphanedEnd: workerFlaws,
  };
}
