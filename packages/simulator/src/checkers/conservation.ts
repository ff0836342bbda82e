// No money appears or vanishes: on chain the sum of all balances, escrows and fees is what it was at the start.
import type { World } from "../world/world.ts";
import type { Checker } from "./checker.ts";

export function conservation(): Checker {
  let checked: unknown = null;
  const check = ({ chain, wealth }: World): string[] => {
    if (checked === chain.contracts) return [];
    checked = chain.contracts;
    let sum = chain.contracts.fees;
    for (const balance of chain.contracts.balances.values()) sum += balance;
    for (const escrow of chain.contracts.escrows.values())
      if (!escrow.isClosed) sum += escrow.budget - escrow.claimed + escrow.bond;
    return sum === wealth ? [] : [`the chain holds ${sum}, it began with ${wealth}`];
  };
  return { name: "conservation", afterTurn: check, atEnd: check, atOrphanedEnd: check };
}
