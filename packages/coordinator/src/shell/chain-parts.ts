// What the coordinator knows of its chain: the network file's contracts, a client, queries and its account.
import { type ChainNetwork, ChainQueries, RpcClient } from "@starling/node-kit";
import type { NetworkFile } from "@starling/protocol";
import { ChainHealth } from "./chain-health.ts";

/** Access to the chain of a network file. */
export interface ChainParts {
  readonly network: ChainNetwork;
  readonly rpc: RpcClient;
  readonly queries: ChainQueries;
  readonly health: ChainHealth;
}

const NOBODY = `0x${"0".repeat(40)}` as const;

/** Builds it; nothing is asked yet. */
export function chainParts(
  file: NetworkFile,
  options: { readonly rpcUrl: string | undefined; readonly startBlock: number },
): ChainParts {
  const url = options.rpcUrl ?? file.rpcUrl;
  if (url === undefined) throw new Error("no chain: the network file names no rpcUrl; give --rpc-url URL");
  // A coordinator never calls the access manager, so the network file does not name it.
  const network: ChainNetwork = {
    chainId: file.chainId,
    contracts: { ...file.contracts, accessManager: NOBODY },
    startBlock: options.startBlock,
  };
  const rpc = new RpcClient(url);
  return { network, rpc, queries: new ChainQueries(rpc, network), health: new ChainHealth(url) };
}
