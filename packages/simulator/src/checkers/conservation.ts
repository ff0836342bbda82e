// No money appears or vanishes: on chain the sum of all balances, escrows, fees, stakes, bonds and credits is what it was at the start.
import { openingBond } from "../world/credits.ts";
import type { World } from "../world/world.ts";
import type { Checker } from "./checker.ts";

export function conservation(): Checker {
  let checked: unknown = null;
  const check = ({ chain, wealth }: World): string[] => {
    if (checked === chain.contracts) return [];
    checked = chain.contracts;
    let sum = chain.contracts.fees;
    const { balances, registry, court } = chain.contracts;
    for (const balance of balances.values()) sum += balance;
    for (const { stake } of registry.stakes.values()) sum += stake;
    for (const amount of court.credits.values()) sum += amount;
    for (const { outcome } of court.disputes.values()) if (outcome === null) sum += openingBond;
    for (const escrow of chain.contracts.escrows.values())
      if (!escrow.isClosed) sum += escrow.budget - escrow.claimed + escrow.bond;
    return sum === wealth ? [] : [`the chain holds ${sum}, it began with ${wealth}`];
  };
  return { name: "conservation", afterTurn: check, atEnd: check, atOrphanedEnd: check };
}
