// What preparing and sending answer when the node is down, dear, forgetful or already informed.
import { keccakText } from "@starling/protocol";
import { Transaction } from "ethers";
import { afterEach, describe, expect, it } from "vitest";
import { RpcClient } from "../../src/chain/client.ts";
import { plannedAddresses } from "../../src/chain/deploy.ts";
import { devnetKey } from "../../src/chain/devnet-accounts.ts";
import { chainEffects, type PerformChainEffect } from "../../src/chain/effects.ts";
import { ChainQueries } from "../../src/chain/queries.ts";
import { walletOf } from "../../src/chain/wallet.ts";
import { answering, type FakeAnswer, type FakeNode, failing, refusing, startFakeNode } from "./fake-node.ts";

const wallet = walletOf(devnetKey(0));
const network = { chainId: 31_337, contracts: plannedAddresses(wallet.address, 0), startBlock: 0 };
const hash = keccakText("transaction");
const header = { number: "0x5", hash, parentHash: keccakText("parent"), timestamp: "0x64", baseFeePerGas: "0x10" };
const prepare = {
  type: "prepareTransaction",
  intentId: "a",
  call: { kind: "close", escrowId: hash },
  nonce: 4,
  feeFloor: null,
  gasLimit: null,
} as const;

describe("transactions", () => {
  const open: FakeNode[] = [];
  afterEach(async () => {
    for (const node of open.splice(0)) await node.close();
  });

  async function performer(...answers: FakeAnswer[]): Promise<PerformChainEffect> {
    const node = await startFakeNode(answers);
    open.push(node);
    const rpc = new RpcClient(node.url, { timeoutMs: 5_000, triesMax: 1, backoffMs: 1 });
    return chainEffects({ rpc, wallet, network });
  }

  const healthy = answering({
    eth_chainId: "0x7a69",
    eth_estimateGas: "0x186a0",
    eth_getBlockByNumber: header,
    eth_maxPriorityFeePerGas: "0x3",
  });

  it("are not signed at a node that serves another chain, which may pass", async () => {
    const perform = await performer(
      answering({
        eth_chainId: "0x1",
        eth_estimateGas: "0x186a0",
        eth_getBlockByNumber: header,
        eth_maxPriorityFeePerGas: "0x3",
      }),
    );
    expect(await perform(prepare)).toMatchObject({
      type: "transactionRefused",
      transient: true,
      reason: expect.stringMatching(/serves chain 1, and the network file names chain 31337/),
    });
  });

  it("are not even thought of there: the first question to the contracts names both chains", async () => {
    const node = await startFakeNode([answering({ eth_chainId: "0x1" })]);
    open.push(node);
    const queries = new ChainQueries(new RpcClient(node.url, { timeoutMs: 5_000, triesMax: 1 }), network);
    await expect(queries.windows()).rejects.toMatchObject({
      code: "wrongChain",
      message: expect.stringMatching(/serves chain 1, and the network file names chain 31337/),
    });
  });

  it("are signed with the nonce that was asked for, a fifth more gas, and twice the base fee", async () => {
    const perform = await performer(healthy);
    const prepared = await perform(prepare);
    if (prepared?.type !== "transactionPrepared") throw new Error(`not prepared: ${prepared?.type}`);
    expect(prepared).toMatchObject({
      intentId: "a",
      nonce: 4,
      gasLimit: 120_000n,
      fees: { maxFeePerGas: 35n, maxPriorityFeePerGas: 3n },
    });
    const parsed = Transaction.from(prepared.raw);
    expect(parsed.hash).toBe(prepared.hash);
    expect(parsed.from?.toLowerCase()).toBe(wallet.address);
    expect(parsed.nonce).toBe(4);
    expect(parsed.to?.toLowerCase()).toBe(network.contracts.jobEscrow);
  });

  it("cost at least the floor, and are not simulated again, when they replace another", async () => {
    const perform = await performer(
      answering({ eth_chainId: "0x7a69", eth_getBlockByNumber: header, eth_maxPriorityFeePerGas: "0x3" }),
    );
    const feeFloor = { maxFeePerGas: 100n, maxPriorityFeePerGas: 50n };
    const prepared = await perform({ ...prepare, feeFloor, gasLimit: 99_000n });
    expect(prepared).toMatchObject({ gasLimit: 99_000n, fees: { maxFeePerGas: 100n, maxPriorityFeePerGas: 50n } });
  });

  it("take the usual tip where the node knows none", async () => {
    const perform = await performer((calls, response) => {
      const answers = { eth_chainId: "0x7a69", eth_estimateGas: "0x186a0", eth_getBlockByNumber: header };
      if (calls[0]?.method !== "eth_maxPriorityFeePerGas") return answering(answers)(calls, response);
      refusing({ code: -32_601, message: "method not found" })(calls, response);
    });
    expect(await perform(prepare)).toMatchObject({ fees: { maxPriorityFeePerGas: 1_000_000_000n } });
  });

  it("are refused for good by a revert, and only for now by anything else", async () => {
    const reverting = await performer(refusing({ code: 3, message: "execution reverted", data: "0xdeadbeef" }));
    expect(await reverting(prepare)).toEqual({
      type: "transactionRefused",
      intentId: "a",
      nonce: 4,
      reason: "unknown error 0xdeadbeef",
      transient: false,
    });
    const poor = await performer(refusing({ code: -32_000, message: "insufficient funds for gas * price + value" }));
    expect(await poor(prepare)).toMatchObject({
      transient: true,
      reason: expect.stringContaining("insufficient funds"),
    });
    const down = await performer(failing(503, "busy"));
    expect(await down(prepare)).toMatchObject({ transient: true });
  });

  it("count as taken when the node knows them already, in any node's words", async () => {
    for (const message of ["already known", "transaction already imported", "known transaction: 0x1"]) {
      const perform = await performer(refusing({ code: -32_000, message }));
      expect(await perform({ type: "broadcastTransaction", hash, raw: "0x" })).toEqual({
        type: "transactionAccepted",
        hash,
      });
    }
    const perform = await performer(refusing({ code: -32_000, message: "nonce too low" }));
    expect(await perform({ type: "broadcastTransaction", hash, raw: "0x" })).toEqual({
      type: "transactionUnsent",
      hash,
      reason: "nonce too low",
    });
  });

  it("are not called missing by a node that can't be asked", async () => {
    const down = await performer(failing(503, "busy"));
    expect(await down({ type: "fetchReceipt", hash })).toBeNull();
    const empty = await performer(answering({}));
    expect(await empty({ type: "fetchReceipt", hash })).toEqual({ type: "receiptMissing", hash });
  });

  it("stop with their caller", async () => {
    const stop = new AbortController();
    const perform = await performer(() => stop.abort(new Error("enough")));
    await expect(perform(prepare, { signal: stop.signal })).rejects.toThrow("enough");
  });
});

describe("logs", () => {
  it("are given up when the branch changed under the reader, and asked for in smaller parts when refused", async () => {
    let headers = 0;
    const moving: FakeAnswer = (calls, response) => {
      const answers = calls.map(({ id, method }) => {
        if (method === "eth_getLogs") return { id, result: [] };
        headers += 1;
        return { id, result: { ...header, number: `0x${(4 + headers).toString(16)}`, hash: keccakText(`${headers}`) } };
      });
      response.end(JSON.stringify(answers));
    };
    const node = await startFakeNode([moving]);
    const rpc = new RpcClient(node.url, { triesMax: 1 });
    const perform = chainEffects({ rpc, wallet, network });
    const range = { fromBlock: 5, toBlock: 6 };
    expect(await perform({ type: "fetchLogs", ...range })).toEqual({
      type: "logsUnavailable",
      ...range,
      tooMany: false,
    });
    await node.close();

    const strict = await startFakeNode([
      refusing({ code: -32_005, message: "query returned more than 10000 results" }),
    ]);
    const refused = chainEffects({ rpc: new RpcClient(strict.url), wallet, network });
    expect(await refused({ type: "fetchLogs", ...range })).toMatchObject({ tooMany: true });
    expect(await refused({ type: "fetchLogs", fromBlock: 5, toBlock: 5 })).toMatchObject({ tooMany: false });
    await strict.close();
  });
});
