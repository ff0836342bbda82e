// Preparing and sending transactions: simulate, estimate, price, sign with a given nonce, and hand the bytes to a node.
import type { Address, ChainCall, Hash, Hex } from "@starling/protocol";
import { Signature as EthersSignature, Transaction } from "ethers";
import { count, fieldOf, hashIn, headerIn, quantity } from "./answers.ts";
import { bondPermit } from "./bond-permit.ts";
import { callData } from "./calls.ts";
import { checkChainId } from "./chain-id.ts";
import type { RpcClient, RpcWaiting } from "./client.ts";
import { type Contracts, revertReason } from "./contracts.ts";
import { isTransient, RpcError } from "./rpc-error.ts";
import type { Wallet } from "./wallet.ts";

/** Wei per unit of gas. */
export interface Fees {
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

/** What to prepare: the settlement package's effect of the same name. */
export interface PrepareRequest {
  readonly intentId: string;
  readonly call: ChainCall;
  readonly nonce: number;
  readonly feeFloor: Fees | null;
  readonly gasLimit: bigint | null;
}

/** Signed and not sent. */
export interface PreparedTransaction {
  readonly type: "transactionPrepared";
  readonly intentId: string;
  readonly nonce: number;
  readonly hash: Hash;
  readonly raw: Hex;
  readonly gasLimit: bigint;
  readonly fees: Fees;
}

/** Not signed. `transient`: the node could not say. */
export interface RefusedTransaction {
  readonly type: "transactionRefused";
  readonly intentId: string;
  readonly nonce: number;
  readonly reason: string;
  readonly transient: boolean;
}

/** What preparing and sending need. */
export interface TransactionDeps {
  readonly rpc: RpcClient;
  readonly wallet: Wallet;
  readonly contracts: Contracts;
  readonly chainId: number;
}

/** EIP-7825: no transaction may ask for more gas. */
const gasLimitMax = 2n ** 24n;
/** Paid to the block's producer where the node does not say what is usual: 1 gwei. */
const priorityFeeDefault = 1_000_000_000n;

/** Simulates on the pending state, then signs. Never throws but for an abort. */
export async function prepareTransaction(
  deps: TransactionDeps,
  request: PrepareRequest,
  waiting: RpcWaiting = {},
): Promise<PreparedTransaction | RefusedTransaction> {
  const { intentId, nonce } = request;
  try {
    // Behind one address there may be many nodes, and a revert on another chain is no answer about this call.
    await checkChainId(deps.rpc, deps.chainId, waiting);
    const bond = request.call.kind === "openOnReceipt" ? await bondPermit(deps, waiting) : null;
    const { to, data } = callData(deps.contracts, request.call, bond);
    const [gasLimit, fees] = await Promise.all([
      request.gasLimit ?? estimateGas(deps, { to, data }, waiting),
      currentFees(deps.rpc, request.feeFloor, waiting),
    ]);
    const { hash, raw } = signTransaction(deps, { to, data, nonce, gasLimit, fees });
    return { type: "transactionPrepared", intentId, nonce, hash, raw, gasLimit, fees };
  } catch (error) {
    waiting.signal?.throwIfAborted();
    const reverted = revertReason(deps.contracts, error);
    const reason = reverted ?? (error instanceof Error ? error.message : String(error));
    // A lack of gas money or an unknown refusal may pass; only a revert is an answer about the call itself.
    return { type: "transactionRefused", intentId, nonce, reason, transient: reverted === null };
  }
}

interface Unsigned {
  /** Null deploys a contract. */
  readonly to: Address | null;
  readonly data: Hex;
  readonly nonce: number;
  readonly gasLimit: bigint;
  readonly fees: Fees;
}

/** Signs an EIP-1559 transaction. */
export function signTransaction(
  { wallet, chainId }: Pick<TransactionDeps, "wallet" | "chainId">,
  { to, data, nonce, gasLimit, fees }: Unsigned,
): { readonly hash: Hash; readonly raw: Hex } {
  const transaction = Transaction.from({ type: 2, chainId, to, data, nonce, gasLimit, value: 0n, ...fees });
  transaction.signature = EthersSignature.from(wallet.sign(transaction.unsignedHash as Hash));
  return { hash: hashIn(transaction.hash, "transaction hash"), raw: transaction.serialized as Hex };
}

/** Gas for a call on the pending state, with a fifth in reserve, as state may change until it is mined. Throws when it reverts. */
export async function estimateGas(
  { rpc, wallet }: Pick<TransactionDeps, "rpc" | "wallet">,
  call: { readonly to: Address | null; readonly data: Hex },
  waiting: RpcWaiting = {},
): Promise<bigint> {
  const { address: from } = wallet;
  const target = call.to === null ? { from, data: call.data } : { from, to: call.to, data: call.data };
  const gas = quantity(await rpc.request("eth_estimateGas", [target, "pending"], waiting), "gas estimate");
  const padded = (gas * 6n) / 5n;
  return padded > gasLimitMax && gas <= gasLimitMax ? gasLimitMax : padded;
}

/** Twice the base fee and a usual tip, and never less than the floor. */
export async function currentFees(rpc: RpcClient, floor: Fees | null, waiting: RpcWaiting = {}): Promise<Fees> {
  const [block, tip] = await Promise.all([
    rpc.request("eth_getBlockByNumber", ["latest", false], waiting),
    rpc.request("eth_maxPriorityFeePerGas", [], waiting).catch((error: unknown) => {
      if (isTransient(error) || !(error instanceof RpcError)) throw error;
      return null;
    }),
  ]);
  const usual = tip === null ? priorityFeeDefault : quantity(tip, "priority fee");
  const maxPriorityFeePerGas = atLeast(usual, floor?.maxPriorityFeePerGas);
  const maxFeePerGas = atLeast(headerIn(block).baseFeePerGas * 2n + maxPriorityFeePerGas, floor?.maxFeePerGas);
  return { maxFeePerGas, maxPriorityFeePerGas };
}

function atLeast(value: bigint, floor: bigint | undefined): bigint {
  return floor === undefined || floor < value ? value : floor;
}

/** What became of a broadcast. */
export type BroadcastOutcome =
  | { readonly type: "transactionAccepted"; readonly hash: Hash }
  | { readonly type: "transactionUnsent"; readonly hash: Hash; readonly reason: string };

/** Hands raw bytes to the node; one that it knows already counts as taken. Never throws but for an abort. */
export async function broadcastTransaction(
  rpc: RpcClient,
  transaction: { readonly hash: Hash; readonly raw: Hex },
  waiting: RpcWaiting = {},
): Promise<BroadcastOutcome> {
  const { hash, raw } = transaction;
  try {
    await rpc.request("eth_sendRawTransaction", [raw], waiting);
    return { type: "transactionAccepted", hash };
  } catch (error) {
    waiting.signal?.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    // Every node words it differently, and none has a code for it.
    if (/already (known|imported)|known transaction|already exists/i.test(reason))
      return { type: "transactionAccepted", hash };
    return { type: "transactionUnsent", hash, reason };
  }
}

/** Where a transaction stands in the chain. */
export interface SeenReceipt {
  readonly type: "receiptSeen";
  readonly hash: Hash;
  readonly blockNumber: number;
  readonly blockHash: Hash;
  readonly succeeded: boolean;
  readonly gasUsed: bigint;
  readonly effectiveGasPrice: bigint;
}

/** Asks for a receipt; null when the node could not be asked, which says nothing about the transaction. */
export async function fetchReceipt(
  rpc: RpcClient,
  hash: Hash,
  waiting: RpcWaiting = {},
): Promise<SeenReceipt | { readonly type: "receiptMissing"; readonly hash: Hash } | null> {
  try {
    const answer = await rpc.request("eth_getTransactionReceipt", [hash], waiting);
    if (answer === null) return { type: "receiptMissing", hash };
    return receiptIn(answer);
  } catch (error) {
    waiting.signal?.throwIfAborted();
    if (error instanceof RpcError) return null;
    throw error;
  }
}

/** A receipt from a node's answer. */
export function receiptIn(answer: unknown): SeenReceipt {
  return {
    type: "receiptSeen",
    hash: hashIn(fieldOf(answer, "transactionHash"), "receipt hash"),
    blockNumber: count(fieldOf(answer, "blockNumber"), "receipt block number"),
    blockHash: hashIn(fieldOf(answer, "blockHash"), "receipt block hash"),
    succeeded: quantity(fieldOf(answer, "status"), "receipt status") === 1n,
    gasUsed: quantity(fieldOf(answer, "gasUsed"), "gas used"),
    effectiveGasPrice: quantity(fieldOf(answer, "effectiveGasPrice"), "gas price"),
  };
}
