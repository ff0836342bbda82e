// What the contracts say now: read views for the API, for start-up checks and for tests.
import type { Address, EscrowId, Hash, TokenDomain } from "@starling/protocol";
import type { Abi, ExtractAbiFunctionNames } from "abitype";
import { quantity } from "./answers.ts";
import { checkChainId } from "./chain-id.ts";
import type { RpcClient, RpcWaiting } from "./client.ts";
import { type ChainNetwork, type Contracts, contractsAt } from "./contracts.ts";
import { type ReadOptions, readContract } from "./read-contract.ts";
import type { Args, Outs, TypedContract } from "./typed.ts";

/** Where an escrow stands. */
export type EscrowPhase = "none" | "open" | "committed" | "closed";

/** An escrow as the contract has it. Money in base units, times in block seconds. */
export interface EscrowOnChain {
  readonly phase: EscrowPhase;
  readonly payer: Address;
  readonly coordinator: Address;
  readonly deadlineSeconds: number;
  /** 0 before the last commit. */
  readonly committedAtSeconds: number;
  readonly batches: number;
  readonly completed: number;
  readonly feeBps: number;
  readonly budget: bigint;
  readonly allotted: bigint;
  readonly claimed: bigint;
  readonly bond: bigint;
}

/** Contracts that keep money for accounts: the court what its rulings bring, the escrow contract what the token refused to pay. */
type CreditContract = "court" | "escrow";

/** A worker's account in an escrow. */
export interface WorkerAccountOnChain {
  readonly allotted: bigint;
  readonly claimed: bigint;
  readonly expiresAtSeconds: number;
}

/** Reads one network's contracts. Every method throws `RpcError`, with the code `wrongChain` before a node of another chain. */
export class ChainQueries {
  readonly #rpc: RpcClient;
  readonly #contracts: Contracts;
  readonly #network: ChainNetwork;
  #isChecked = false;
  #tokenDomain: TokenDomain | undefined;
  #windows: { readonly disputeSeconds: number; readonly claimSeconds: number } | undefined;

  constructor(rpc: RpcClient, network: ChainNetwork) {
    this.#rpc = rpc;
    this.#network = network;
    this.#contracts = contractsAt(network.contracts);
  }

  /** The whole state of an escrow; phase "none" when it is unknown. */
  async escrow(escrowId: EscrowId, waiting: ReadOptions = {}): Promise<EscrowOnChain> {
    const view = await this.#read(this.#contracts.escrow, { name: "escrow", args: [escrowId] }, waiting);
    const { requester: payer, coordinator, budget, allotted, claimed, bond } = view;
    const phases: readonly EscrowPhase[] = ["none", "open", "committed", "closed"];
    return {
      phase: phases[Number(view.phase)] ?? "none",
      payer,
      coordinator,
      deadlineSeconds: Number(view.deadline),
      committedAtSeconds: Number(view.committedAt),
      batches: Number(view.batches),
      completed: Number(view.completed),
      feeBps: Number(view.feeBps),
      budget,
      allotted,
      claimed,
      bond,
    };
  }

  /** A worker's account; zeros when it has none. */
  async account(escrowId: EscrowId, worker: Address, waiting: ReadOptions = {}): Promise<WorkerAccountOnChain> {
    const { escrow } = this.#contracts;
    const { allotted, claimed, expiresAt } = await this.#read(
      escrow,
      { name: "account", args: [escrowId, worker] },
      waiting,
    );
    return { allotted, claimed, expiresAtSeconds: Number(expiresAt) };
  }

  /** The anchored root of a batch; zero when there is none. */
  resultRoot(escrowId: EscrowId, batch: number, waiting: RpcWaiting = {}): Promise<Hash> {
    return this.#read(this.#contracts.escrow, { name: "resultRoot", args: [escrowId, BigInt(batch)] }, waiting);
  }

  /** The operator of a worker; null when it is not registered. */
  async operatorOf(worker: Address, waiting: RpcWaiting = {}): Promise<Address | null> {
    const operator = await this.#read(this.#contracts.registry, { name: "operatorOf", args: [worker] }, waiting);
    return /^0x0+$/.test(operator) ? null : operator;
  }

  /** A worker's registration; null when there is none. */
  async node(
    worker: Address,
    waiting: ReadOptions = {},
  ): Promise<{
    readonly operator: Address;
    readonly seq: number;
    readonly peerIdHash: Hash;
    readonly pledgeAllowance: bigint;
  } | null> {
    const { operator, seq, peerIdHash, pledgeAllowance } = await this.#read(
      this.#contracts.registry,
      { name: "node", args: [worker] },
      waiting,
    );
    return /^0x0+$/.test(operator) ? null : { operator, seq: Number(seq), peerIdHash, pledgeAllowance };
  }

  /** An operator's stake and what of it is pledged. */
  async stake(
    operator: Address,
    waiting: ReadOptions = {},
  ): Promise<{ readonly stake: bigint; readonly pledged: bigint }> {
    const { stake, pledged } = await this.#read(
      this.#contracts.registry,
      { name: "bondOf", args: [operator] },
      waiting,
    );
    return { stake, pledged };
  }

  /** When an operator may leave, block seconds; null while it stays. */
  async leavesAt(operator: Address, waiting: ReadOptions = {}): Promise<number | null> {
    const { unbondAt } = await this.#read(this.#contracts.registry, { name: "bondOf", args: [operator] }, waiting);
    return unbondAt === 0n ? null : Number(unbondAt);
  }

  /** The pledge of an operator to an escrow as it stands, and all that it ever pledged there. */
  async pledge(
    escrowId: EscrowId,
    operator: Address,
    waiting: ReadOptions = {},
  ): Promise<{ readonly amount: bigint; readonly total: bigint; readonly releaseAtSeconds: number }> {
    const args = [escrowId, operator] as const;
    const found = await this.#read(this.#contracts.registry, { name: "pledgeOf", args }, waiting);
    return { amount: found.amount, total: found.total, releaseAtSeconds: Number(found.releaseAt) };
  }

  /** From when on an escrow can't change any more, block seconds; 0 for one that is unknown. */
  async finalAt(escrowId: EscrowId, waiting: ReadOptions = {}): Promise<number> {
    return Number(await this.#read(this.#contracts.escrow, { name: "finalAt", args: [escrowId] }, waiting));
  }

  /** What an operator has pledged to an escrow. */
  async pledged(escrowId: EscrowId, operator: Address, waiting: RpcWaiting = {}): Promise<bigint> {
    const args = [escrowId, operator] as const;
    return (await this.#read(this.#contracts.registry, { name: "pledgeOf", args }, waiting)).amount;
  }

  /** Tokens of an account, base units. */
  tokenBalance(owner: Address, waiting: RpcWaiting = {}): Promise<bigint> {
    return this.#read(this.#contracts.token, { name: "balanceOf", args: [owner] }, waiting);
  }

  /** What a contract may still take from an account. */
  allowance(owner: Address, spender: Address, waiting: RpcWaiting = {}): Promise<bigint> {
    return this.#read(this.#contracts.token, { name: "allowance", args: [owner, spender] }, waiting);
  }

  /** What a contract keeps for an account until anybody has it sent there, base units. */
  credit(account: Address, from: CreditContract, waiting: ReadOptions = {}): Promise<bigint> {
    // One call for each: what the compiler knows of a contract's functions is lost in a union of them.
    const { court, escrow } = this.#contracts;
    return from === "court"
      ? this.#read(court, { name: "creditOf", args: [account] }, waiting)
      : this.#read(escrow, { name: "creditOf", args: [account] }, waiting);
  }

  /** The nonce that the account's next permit must carry. */
  permitNonce(owner: Address, waiting: RpcWaiting = {}): Promise<bigint> {
    return this.#read(this.#contracts.token, { name: "nonces", args: [owner] }, waiting);
  }

  /** The token's EIP-712 domain, for permits. A token never changes it, so it is read once. */
  async tokenDomain(waiting: RpcWaiting = {}): Promise<TokenDomain> {
    if (this.#tokenDomain !== undefined) return this.#tokenDomain;
    const [, name, version] = await this.#read(this.#contracts.token, { name: "eip712Domain", args: [] }, waiting);
    this.#tokenDomain = { name, version, chainId: this.#network.chainId, token: this.#network.contracts.token };
    return this.#tokenDomain;
  }

  /** Seconds after the end of the work: for disputes, and for claims. A contract never changes them, so they are read once. */
  async windows(waiting: RpcWaiting = {}): Promise<{ readonly disputeSeconds: number; readonly claimSeconds: number }> {
    if (this.#windows !== undefined) return this.#windows;
    const { escrow } = this.#contracts;
    const [dispute, claim] = await Promise.all([
      this.#read(escrow, { name: "disputeWindow", args: [] }, waiting),
      this.#read(escrow, { name: "claimWindow", args: [] }, waiting),
    ]);
    this.#windows = { disputeSeconds: Number(dispute), claimSeconds: Number(claim) };
    return this.#windows;
  }

  /** What a unit of gas costs now, wei. */
  async gasPrice(waiting: RpcWaiting = {}): Promise<bigint> {
    return quantity(await this.#rpc.request("eth_gasPrice", [], waiting), "gas price");
  }

  /** Seconds that each part of a dispute lasts at most. */
  async courtWindows(waiting: RpcWaiting = {}): Promise<{
    readonly evidenceSeconds: number;
    readonly drawSeconds: number;
    readonly commitSeconds: number;
    readonly revealSeconds: number;
    readonly appealSeconds: number;
  }> {
    const windows = await this.#read(this.#contracts.court, { name: "windows", args: [] }, waiting);
    const { evidence, draw, commit, reveal, appeal } = windows;
    return {
      evidenceSeconds: Number(evidence),
      drawSeconds: Number(draw),
      commitSeconds: Number(commit),
      revealSeconds: Number(reveal),
      appealSeconds: Number(appeal),
    };
  }

  /** Ether of an account in wei, for gas. */
  async etherBalance(owner: Address, waiting: RpcWaiting = {}): Promise<bigint> {
    return quantity(await this.#rpc.request("eth_getBalance", [owner, "latest"], waiting), "balance");
  }

  async #read<const A extends Abi, N extends ExtractAbiFunctionNames<A, "view" | "pure">>(
    contract: TypedContract<A>,
    call: { readonly name: N; readonly args: Args<A, N> },
    options: ReadOptions,
  ): Promise<Outs<A, N>> {
    // Once is enough: what follows is to tell a wrong address of a node from a contract that says nothing.
    if (!this.#isChecked) await checkChainId(this.#rpc, this.#network.chainId, options);
    this.#isChecked = true;
    return readContract(this.#rpc, { contract, ...call }, options);
  }
}
