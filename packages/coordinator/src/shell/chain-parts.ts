// What the coordinator knows of its chain: the network file's contracts, a client, queries and its account.
import {
  type ChainNetwork,
  ChainQueries,
  chainEffects,
  errorFields,
  type Logger,
  type PerformChainEffect,
  RpcClient,
  type Wallet,
  whenReachable,
} from "@starling/node-kit";
import { hasChain, type NetworkFile } from "@starling/protocol";
import { indexerDefaults } from "@starling/settlement";
import type { CoordinatorConfig } from "../core/index.ts";
import { ChainHealth } from "./chain-health.ts";
import { withoutChain } from "./no-chain.ts";
import type { CoordinatorChain } from "./ports.ts";
import { watchChain } from "./watch-chain.ts";

/** What the API and the sessions ask of a chain. */
export type CoordinatorQueries = CoordinatorChain &
  Pick<ChainQueries, "stake" | "tokenBalance" | "permitNonce" | "tokenDomain">;

/** What the core has to know of the contracts. */
export type ContractFacts = Pick<CoordinatorConfig, "windows" | "court" | "chainless">;

const silenceMsMax = 600_000;
/** Limit of `readContracts`, with what its last tries take. */
export const contractsMsMax = silenceMsMax * 2;
const patience = { limitMs: silenceMsMax, pauseMs: 500, pauseMsMax: 10_000 };

/** Access to the chain of a network file. */
export interface ChainParts {
  readonly network: ChainNetwork;
  readonly queries: CoordinatorQueries;
  readonly health: Pick<ChainHealth, "silence">;
  /** Asks the node until it answers; throws when it did not for ten minutes, and at once when it serves another chain. */
  readContracts(waiting: { readonly signal: AbortSignal; readonly logger: Logger }): Promise<ContractFacts>;
  effects(wallet: Wallet): PerformChainEffect;
  /** Tells the engine of new heads until the signal aborts. */
  watch(
    parts: Pick<Parameters<typeof watchChain>[0], "engine" | "logger">,
    options: Parameters<typeof watchChain>[1],
  ): void;
}

const NOBODY = `0x${"0".repeat(40)}` as const;

/** Builds it; nothing is asked yet. */
export function chainParts(
  file: NetworkFile,
  options: { readonly rpcUrl: string | undefined; readonly startBlock: number },
): ChainParts {
  // A coordinator never calls the access manager, so the network file does not name it.
  const network: ChainNetwork = {
    chainId: file.chainId,
    contracts: { ...file.contracts, accessManager: NOBODY },
    startBlock: options.startBlock,
  };
  if (!hasChain(file)) return withoutChain(file, network);
  const url = options.rpcUrl ?? file.rpcUrl;
  if (url === undefined) throw new Error("no chain: the network file names no rpcUrl; give --rpc-url URL");
  const rpc = new RpcClient(url);
  const queries = new ChainQueries(rpc, network);
  const health = new ChainHealth(url);
  return {
    network,
    queries: {
      operatorOf: ({ worker }, waiting) => queries.operatorOf(worker, waiting),
      stake: (operator, waiting) => queries.stake(operator, waiting),
      tokenBalance: (owner, waiting) => queries.tokenBalance(owner, waiting),
      permitNonce: (owner, waiting) => queries.permitNonce(owner, waiting),
      tokenDomain: (waiting) => queries.tokenDomain(waiting),
    },
    health,
    readContracts: async ({ signal, logger }) => {
      const ask = async (): Promise<ContractFacts> => {
        const [windows, court] = await Promise.all([queries.windows({ signal }), queries.courtWindows({ signal })]);
        return { windows, court };
      };
      const onSilence = (error: unknown): void =>
        logger.warn("the chain does not answer; the start waits for it", {
          node: new URL(url).host,
          ...errorFields(error),
        });
      return await whenReachable(ask, { ...patience, signal, onSilence });
    },
    effects: (wallet) => chainEffects({ rpc, wallet, network }, { ringMax: indexerDefaults.ringMax }),
    watch: ({ engine, logger }, watching) => watchChain({ rpc, health, engine, logger }, watching),
  };
}
