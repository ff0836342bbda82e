// No money appears or vanishes: on chain the sum of all balances and escrows is what it was at the start.

import type { VirtualChain } from "../world/virtual-chain.ts";
import type { Checker } from "./checker.ts";

export function conservation(total: bigint): Checker {
  const check = ({ chain }: { readonly chain: VirtualChain }): string[] => {
    let sum = 0n;
    for (const balance of chain.contracts.balances.values()) sum += balance;
    for (const escrow of chain.contracts.escrows.values())
      if (!escrow.isClosed) sum += escrow.budget - escrow.claimed + escrow.bond;
    return sum === total ? [] : [`the chain holds ${sum}, it began with ${total}`];
  };
  return { name: "conservation", afterTurn: check, atEnd: check };
}
