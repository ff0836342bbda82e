// What only a development chain can be told: when to mine, and which blocks to take back.
import { headerIn } from "./answers.ts";
import type { RpcClient } from "./client.ts";

/** From now on a block every so many seconds, whether or not there are transactions. */
export async function mineEvery(rpc: RpcClient, seconds: number): Promise<void> {
  await rpc.request("evm_setAutomine", [false]);
  await rpc.request("evm_setIntervalMining", [seconds]);
}

/** From now on a block only when `mineBlock` is called. */
export async function mineOnDemand(rpc: RpcClient): Promise<void> {
  await rpc.request("evm_setIntervalMining", [0]);
  await rpc.request("evm_setAutomine", [false]);
}

/** Mines one block with all that waits; gives its number. */
export async function mineBlock(rpc: RpcClient): Promise<number> {
  await rpc.request("evm_mine", []);
  return headerIn(await rpc.request("eth_getBlockByNumber", ["latest", false])).number;
}

/** Lets block time run ahead by so many seconds with the next block. */
export async function passTime(rpc: RpcClient, seconds: number): Promise<void> {
  await rpc.request("evm_increaseTime", [seconds]);
}

/** Replaces the last blocks by empty ones. What they held is dropped, as on a real chain when a pool forgets. */
export async function reorganise(rpc: RpcClient, depth: number): Promise<void> {
  await rpc.request("anvil_reorg", [depth, []]);
}
