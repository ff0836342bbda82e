// Nobody has to come for his money: what the court keeps for a party whose daemon lives is fetched by that daemon.
import type { Address } from "@starling/protocol";
import { coordinatorAddress, payers } from "../world/records.ts";
import type { World } from "../world/world.ts";
import type { Findings } from "./checker.ts";

/** Credits at the head that some living daemon should fetch. */
export function creditsLeft({ chain, coordinator, workers }: World): Findings {
  const served = new Set<Address>();
  // A coordinator looks after its payers too.
  if (!coordinator.hasDeserted) for (const account of [coordinatorAddress, ...payers]) served.add(account);
  for (const { address, role, node } of workers) {
    if (node.hasDeserted) continue;
    served.add(address);
    served.add(role.operator);
  }
  return [...chain.contracts.court.credits].flatMap(([account, amount]) =>
    served.has(account) ? [`the court keeps ${amount} for ${account}`] : [],
  );
}
