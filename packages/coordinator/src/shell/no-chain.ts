// The chain of a network that has none: everything is answered from the network file, and nothing is ever sent or watched.
import type { ChainNetwork } from "@starling/node-kit";
import type { Address, NetworkFile } from "@starling/protocol";
import type { ChainParts } from "./chain-parts.ts";

/** More than any order can name: what a payer may spend is what his fleet's owner lets him sign. */
const plenty = 2n ** 96n - 1n;

/** Stands where a chain's parts stand. */
export function withoutChain(file: NetworkFile, network: ChainNetwork): ChainParts {
  const operators = new Set<Address>(file.operators ?? []);
  return {
    network,
    queries: {
      // The fleet's owner lists his operators, where others ask a registry.
      operatorOf: async ({ operator }) => (operators.has(operator) ? operator : null),
      stake: async () => ({ stake: 0n, pledged: 0n }),
      tokenBalance: async () => plenty,
      permitNonce: async () => 0n,
      tokenDomain: async () => ({ name: "", version: "", chainId: file.chainId, token: file.contracts.token }),
    },
    health: { silence: null },
    readContracts: async () => ({ windows: { claimSeconds: 0, disputeSeconds: 0 }, court: null, chainless: true }),
    effects: () => async (effect) => {
      throw new Error(`nothing can be sent to a chain that there is not: ${effect.type}`);
    },
    watch: () => undefined,
  };
}
