// A fresh local chain with our contracts and a few registered workers, for the tests of this folder.
import {
  type Hash,
  type JobOrder,
  keccakText,
  type SigningDomain,
  type TokenDomain,
  zeroHash,
} from "@starling/protocol";
import { type Anvil, devnetChainId, startAnvil } from "../../src/chain/anvil.ts";
import { mineBlock } from "../../src/chain/chain-control.ts";
import { RpcClient } from "../../src/chain/client.ts";
import { type ChainNetwork, signingDomainOf } from "../../src/chain/contracts.ts";
import { type DeployOptions, deployDevnet, devnetWindows } from "../../src/chain/deploy.ts";
import { type DevnetAccounts, devnetAccounts } from "../../src/chain/devnet-accounts.ts";
import { setUpDevnet } from "../../src/chain/devnet-setup.ts";
import { ChainQueries } from "../../src/chain/queries.ts";

/** Everything a test may want of a chain. It mines on demand. */
export interface TestChain {
  readonly anvil: Anvil;
  readonly rpc: RpcClient;
  readonly network: ChainNetwork;
  readonly domain: SigningDomain;
  readonly token: TokenDomain;
  readonly queries: ChainQueries;
  readonly accounts: DevnetAccounts;
  /** An order of the payer for this coordinator; the salt tells orders apart. */
  order(salt: string, budget: bigint): Promise<JobOrder>;
  close(): Promise<void>;
}

/** Starts, deploys and registers so many workers, each of an operator of its own. */
export async function startTestChain(workers = 2, options: DeployOptions = devnetWindows): Promise<TestChain> {
  const anvil = await startAnvil();
  const rpc = new RpcClient(anvil.httpUrl);
  const accounts = devnetAccounts(workers);
  const network = await deployDevnet({ rpc, chainId: devnetChainId, wallet: accounts.deployer }, options);
  const registrations = accounts.workers.map((worker, i) => ({
    worker,
    operator: accounts.operators[i] ?? accounts.payer,
    peerIdHash: peerIdHashOf(i),
    seq: 1,
  }));
  await setUpDevnet({ rpc, network }, { accounts, registrations });
  const queries = new ChainQueries(rpc, network);
  return {
    anvil,
    rpc,
    network,
    domain: signingDomainOf(network),
    token: await queries.tokenDomain(),
    queries,
    accounts,
    order: async (salt, budget) => ({
      requester: accounts.payer.address,
      coordinator: accounts.coordinator.address,
      budget,
      specHash: keccakText("spec"),
      lotteryRoot: zeroHash,
      deadline: (await blockSeconds(rpc)) + 3_600,
      salt: keccakText(salt),
    }),
    close: async () => {
      rpc.close();
      await anvil.stop();
    },
  };
}

/** The peer id hash that test worker i is registered with. */
export function peerIdHashOf(i: number): Hash {
  return keccakText(`peer ${i}`);
}

/** Block time of the head, seconds. */
export async function blockSeconds(rpc: RpcClient): Promise<number> {
  const block = await rpc.request("eth_getBlockByNumber", ["latest", false]);
  return Number((block as { timestamp: string }).timestamp);
}

/** Lets so many seconds pass on the chain. */
export async function passSeconds(rpc: RpcClient, seconds: number): Promise<void> {
  await rpc.request("evm_increaseTime", [seconds]);
  await mineBlock(rpc);
}
