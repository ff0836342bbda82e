// Sends a few transactions of one account in order and waits until they are mined. For deployment and set-up: daemons use the sender.
import { setTimeout as delay } from "node:timers/promises";
import type { Address, Hash, Hex } from "@starling/protocol";
import { count } from "./answers.ts";
import type { RpcClient, RpcWaiting } from "./client.ts";
import { currentFees, estimateGas, receiptIn, signTransaction } from "./transactions.ts";
import type { Wallet } from "./wallet.ts";

/** Who sends, and where. */
export interface SubmitDeps {
  readonly rpc: RpcClient;
  readonly chainId: number;
  readonly wallet: Wallet;
}

/** One transaction; `to` null deploys a contract. */
export interface Submission {
  readonly to: Address | null;
  readonly data: Hex;
  /** More gas than the estimate and its fifth, where the block may need more than the pending one; none by default. */
  readonly gasReserve?: bigint;
}

/**
 * For taking or leaving a seat. The pool notes each change by its second: where another was made in the second of the estimate, two
 * notes are overwritten, which are new ones in the block; writing a new word costs 17,100 more, and a longer list 5,000.
 */
export const seatGasReserve = 50_000n;

/** The account's next nonce, transactions that wait included. */
export async function nextNonce(rpc: RpcClient, account: Address, waiting: RpcWaiting = {}): Promise<number> {
  return count(await rpc.request("eth_getTransactionCount", [account, "pending"], waiting), "account nonce");
}

/** Sends all, one after the other, without waiting for blocks between them. Throws when one would revert. */
export async function submitAll(
  deps: SubmitDeps,
  submissions: readonly Submission[],
  waiting: RpcWaiting = {},
): Promise<readonly Hash[]> {
  const { rpc, wallet } = deps;
  const fees = await currentFees(rpc, null, waiting);
  let nonce = await nextNonce(rpc, wallet.address, waiting);
  const hashes: Hash[] = [];
  for (const { to, data, gasReserve = 0n } of submissions) {
    // Each estimate sees the ones before it, which wait in the pool.
    const gasLimit = (await estimateGas(deps, { to, data }, waiting)) + gasReserve;
    const { hash, raw } = signTransaction(deps, { to, data, nonce, gasLimit, fees });
    await rpc.request("eth_sendRawTransaction", [raw], waiting);
    hashes.push(hash);
    nonce += 1;
  }
  return hashes;
}

const askEveryMs = 100;

/** Waits until all are mined; gives the raw receipts. Throws when one reverted. Bound it with the signal. */
export async function mined(
  rpc: RpcClient,
  hashes: readonly Hash[],
  waiting: RpcWaiting = {},
): Promise<readonly unknown[]> {
  for (;;) {
    const calls = hashes.map((hash) => ({ method: "eth_getTransactionReceipt", params: [hash] }));
    const receipts = await rpc.batch(calls, waiting);
    if (receipts.every((receipt) => receipt !== null)) {
      const failed = receipts.map(receiptIn).find((receipt) => !receipt.succeeded);
      if (failed !== undefined) throw new Error(`transaction ${failed.hash} reverted`);
      return receipts;
    }
    await delay(askEveryMs, undefined, waiting);
  }
}
