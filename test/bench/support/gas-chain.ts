// A chain on which every transaction's gas is counted. It mines on demand, and its accounts are unlocked.
import { mineBlock } from "@starling/node-kit";
import { type Address, type Hex, keccakText } from "@starling/protocol";
import { Interface, type InterfaceAbi } from "ethers";
import { startTestChain, type TestChain } from "../../../packages/node-kit/test/chain/devnet.ts";
import type { Compiled } from "./compile.ts";

/** EIP-7825: no transaction may have more. */
const gasLimit = `0x${(2 ** 24).toString(16)}`;
/** In one block, which is made so large that all fit. */
const atOnce = 64;
const blockGas = `0x${(atOnce * 2 ** 24).toString(16)}`;

/** What a contract is called with. */
export interface GasCall {
  readonly from: Address;
  /** Null deploys. */
  readonly to: Address | null;
  readonly data: Hex;
}

interface Receipt {
  readonly status: string;
  readonly gasUsed: string;
  readonly contractAddress: string;
}

/** The chain with its meter. */
export class GasChain {
  readonly chain: TestChain;

  private constructor(chain: TestChain) {
    this.chain = chain;
  }

  static async start(): Promise<GasChain> {
    const chain = await startTestChain();
    await chain.rpc.request("evm_setBlockGasLimit", [blockGas]);
    return new GasChain(chain);
  }

  /** Sends all of one sender in this order; gives the gas of each. Throws when one reverts. */
  async gasOf(calls: readonly GasCall[], signal: AbortSignal): Promise<readonly number[]> {
    const gas: number[] = [];
    for (let first = 0; first < calls.length; first += atOnce)
      for (const receipt of await this.#mine(calls.slice(first, first + atOnce), signal))
        gas.push(Number(receipt.gasUsed));
    return gas;
  }

  /** Deploys a compiled contract; gives its address. */
  async deploy({ abi, bytecode }: Compiled, args: readonly unknown[], signal: AbortSignal): Promise<Address> {
    const data = `${bytecode}${new Interface(abi).encodeDeploy(args).slice(2)}` as Hex;
    const [receipt] = await this.#mine([{ from: this.chain.accounts.deployer.address, to: null, data }], signal);
    if (receipt === undefined) throw new Error("a deployment has no receipt");
    return receipt.contractAddress as Address;
  }

  /** Addresses that hold a little of the token already, so that what they are paid first is priced as what they are paid later. */
  async holders(count: number, signal: AbortSignal): Promise<readonly Address[]> {
    const all = Array.from({ length: count }, (_, i) => `0x${keccakText(`holder ${i}`).slice(26)}` as Address);
    await this.mint(
      all.map((to) => ({ to, amount: 1n })),
      signal,
    );
    return all;
  }

  /** Makes money out of nothing. */
  async mint(gifts: readonly { readonly to: Address; readonly amount: bigint }[], signal: AbortSignal): Promise<void> {
    const { accounts, network } = this.chain;
    const token = new Interface(["function mint(address to, uint256 amount)"]);
    const from = accounts.deployer.address;
    const data = gifts.map(({ to, amount }) => token.encodeFunctionData("mint", [to, amount]) as Hex);
    await this.gasOf(
      data.map((one) => ({ from, to: network.contracts.token, data: one })),
      signal,
    );
  }

  async close(): Promise<void> {
    await this.chain.close();
  }

  async #mine(calls: readonly GasCall[], signal: AbortSignal): Promise<readonly Receipt[]> {
    const { rpc } = this.chain;
    // A batch's calls may be carried out in any order; nonces keep that of the transactions.
    const first = Number(await rpc.request("eth_getTransactionCount", [calls[0]?.from, "latest"], { signal }));
    const sent = calls.map(({ from, to, data }, i) => ({
      method: "eth_sendTransaction",
      params: [{ from, ...(to === null ? {} : { to }), data, gas: gasLimit, nonce: `0x${(first + i).toString(16)}` }],
    }));
    const hashes = await rpc.batch(sent, { signal });
    await mineBlock(rpc);
    const asked = hashes.map((hash) => ({ method: "eth_getTransactionReceipt", params: [hash] }));
    const receipts = (await rpc.batch(asked, { signal })) as readonly (Receipt | null)[];
    return receipts.map((receipt) => {
      if (receipt?.status !== "0x1") throw new Error("a transaction of the measurement reverted, or was not mined");
      return receipt;
    });
  }
}

/** Encodes a call. */
export function encoded(abi: InterfaceAbi, name: string, args: readonly unknown[]): Hex {
  return new Interface(abi).encodeFunctionData(name, args) as Hex;
}
