// Performs the settlement machines' effects on a real chain; each answer is the input that the machine expects.
import type { ChainEvent, Hash, Hex } from "@starling/protocol";
import type { RpcClient, RpcWaiting } from "./client.ts";
import { type ChainNetwork, contractsAt } from "./contracts.ts";
import { fetchLogs, type LogsOutcome } from "./logs.ts";
import {
  type BroadcastOutcome,
  broadcastTransaction,
  fetchReceipt,
  type PreparedTransaction,
  type PrepareRequest,
  prepareTransaction,
  type RefusedTransaction,
  type SeenReceipt,
} from "./transactions.ts";
import type { Wallet } from "./wallet.ts";

/** An effect of the settlement package's sender or indexer. */
export type ChainEffect =
  | ({ readonly type: "prepareTransaction" } & PrepareRequest)
  | { readonly type: "broadcastTransaction"; readonly hash: Hash; readonly raw: Hex }
  | { readonly type: "fetchReceipt"; readonly hash: Hash }
  | { readonly type: "fetchLogs"; readonly fromBlock: number; readonly toBlock: number };

/** An input of the sender or the indexer. */
export type ChainOutcome =
  | PreparedTransaction
  | RefusedTransaction
  | BroadcastOutcome
  | SeenReceipt
  | { readonly type: "receiptMissing"; readonly hash: Hash }
  | LogsOutcome;

/** What performing needs. */
export interface ChainEffectDeps {
  readonly rpc: RpcClient;
  readonly wallet: Wallet;
  readonly network: ChainNetwork;
}

/** How performing may be tuned. */
export interface ChainEffectOptions {
  /** The indexer's ring. */
  readonly ringMax?: number;
  /** Drops events that this process has no use for; by default none. */
  readonly wanted?: (event: ChainEvent) => boolean;
}

/** Performs one effect. Null: the node could not say, and the machine asks again by itself at a later head. Throws on abort alone. */
export type PerformChainEffect = (effect: ChainEffect, waiting?: RpcWaiting) => Promise<ChainOutcome | null>;

/** A performer for one hot key on one network. */
export function chainEffects(deps: ChainEffectDeps, options: ChainEffectOptions = {}): PerformChainEffect {
  const { rpc, wallet, network } = deps;
  const contracts = contractsAt(network.contracts);
  const transactionDeps = { rpc, wallet, contracts, chainId: network.chainId };
  const logDeps = { rpc, contracts, ringMax: options.ringMax ?? 128, wanted: options.wanted ?? (() => true) };
  return async (effect, waiting = {}) => {
    switch (effect.type) {
      case "prepareTransaction":
        return prepareTransaction(transactionDeps, effect, waiting);
      case "broadcastTransaction":
        return broadcastTransaction(rpc, effect, waiting);
      case "fetchReceipt":
        return fetchReceipt(rpc, effect.hash, waiting);
      case "fetchLogs":
        return fetchLogs(logDeps, effect, waiting);
    }
  };
}
