// Whether a node serves the chain that it should: a signature for one chain means nothing on another, and money would be waited for in vain.
import { count } from "./answers.ts";
import type { RpcClient, RpcWaiting } from "./client.ts";
import { RpcError } from "./rpc-error.ts";

/** Throws `RpcError` with the code `wrongChain` and both ids when the node serves another chain. */
export async function checkChainId(rpc: RpcClient, chainId: number, waiting: RpcWaiting = {}): Promise<void> {
  const served = count(await rpc.request("eth_chainId", [], waiting), "chain id");
  if (served === chainId) return;
  throw new RpcError(
    "wrongChain",
    `the node serves chain ${served}, and the network file names chain ${chainId}: give the RPC of that chain`,
  );
}
