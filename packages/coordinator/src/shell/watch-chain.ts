// New heads of the chain as inputs of the settlement machines.
import { errorFields, type Logger, type RpcClient, watchHeads } from "@starling/node-kit";
import type { Address } from "@starling/protocol";
import type { CoordinatorEngine } from "./api/watch.ts";
import type { ChainHealth } from "./chain-health.ts";

/** Watches until the signal aborts; a chain that is away is a warning, and waits. */
export function watchChain(
  parts: {
    readonly rpc: RpcClient;
    readonly engine: CoordinatorEngine;
    readonly health: ChainHealth;
    readonly logger: Logger;
  },
  options: { readonly account: Address; readonly signal: AbortSignal },
): void {
  const { rpc, engine, health, logger } = parts;
  const listener = {
    onHead: (head: Parameters<Parameters<typeof watchHeads>[1]["onHead"]>[0]): void => {
      engine.post({ type: "sender", input: head });
      engine.post({ type: "indexer", input: head });
    },
    onReachable: (reachable: boolean, error: unknown): void => {
      health.tell(reachable, engine.now());
      if (reachable) logger.info("chain reachable");
      else logger.warn("chain not reachable", errorFields(error));
    },
  };
  void watchHeads(rpc, listener, options);
}
