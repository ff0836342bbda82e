// A chain with one-second blocks, a pool that loses things, reorgs that put nothing back, and times in which nobody answers.
import { assert, type Millis, type RandomStream } from "@starling/kernel";
import {
  type Address,
  type ChainCall,
  type ChainEvent,
  type EscrowId,
  escrowIdOf,
  type Hash,
  keccakText,
  type SigningDomain,
} from "@starling/protocol";
import type { IndexerEffect, IndexerInput, SenderEffect, SenderInput } from "@starling/settlement";
import type { Faults } from "../fault-plan.ts";
import type { Simulation } from "../simulation.ts";
import { applyCall, type BlockContext, type ContractState, Revert, type Windows } from "./escrow-rules.ts";
import { structuredCloneOf } from "./virtual-node.ts";

interface Transaction {
  readonly hash: Hash;
  readonly nonce: number;
  readonly call: ChainCall;
}

interface Block {
  readonly number: number;
  readonly hash: Hash;
  readonly parentHash: Hash;
  readonly timestampSeconds: number;
  readonly transactions: readonly { readonly transaction: Transaction; readonly succeeded: boolean }[];
  readonly events: readonly ChainEvent[];
  /** The contracts after this block. */
  readonly after: ContractState;
}

export interface ChainOptions {
  readonly windows: Windows;
  readonly domain: SigningDomain;
  readonly balances: ReadonlyMap<Address, bigint>;
  /** Depth up to which reorgs go; the confirmation depth must be larger, or money moves back. */
  readonly reorgDepthMax: number;
}

interface ChainWorld {
  readonly simulation: Simulation;
  readonly faults: Faults;
  readonly random: RandomStream;
}

const BLOCK_MS: Millis = 1_000;
const CALL_MS_MIN = 1;
const CALL_MS_SPAN = 20;
const DOWN_MS = 4_000;

/** One account sends to it: the coordinator. */
export class VirtualChain {
  readonly #world: ChainWorld;
  readonly #options: ChainOptions;
  readonly #blocks: Block[] = [];
  readonly #pool = new Map<Hash, Transaction>();
  readonly #raws = new Map<Hash, Transaction>();
  #downUntil = 0;
  #salt = 0;
  readonly #onHead: () => void;

  constructor(world: ChainWorld, options: ChainOptions, onHead: () => void) {
    this.#world = world;
    this.#options = options;
    this.#onHead = onHead;
    const after: ContractState = { escrows: new Map(), usedOrders: new Set(), balances: new Map(options.balances) };
    this.#blocks.push({
      number: 0,
      hash: this.#newHash("block"),
      parentHash: this.#newHash("none"),
      timestampSeconds: this.#seconds(),
      transactions: [],
      events: [],
      after,
    });
  }

  /** Begins to make blocks, for ever. */
  run(): void {
    this.#world.simulation.after(BLOCK_MS, () => {
      if (this.#world.faults.strikes("reorg")) this.#reorg(1 + this.#world.random.below(this.#options.reorgDepthMax));
      this.#mine();
      this.#onHead();
      this.run();
    });
  }

  get head(): Block {
    const head = this.#blocks.at(-1);
    assert(head !== undefined, "a chain has a genesis block");
    return head;
  }

  /** The contracts as the head has them. */
  get contracts(): ContractState {
    return this.head.after;
  }

  get accountNonce(): number {
    return this.#blocks.reduce((sum, block) => sum + block.transactions.length, 0);
  }

  /** The head as the coordinator is told of it. */
  headSeen(): Extract<SenderInput & IndexerInput, { type: "headSeen" }> {
    const { number, hash, timestampSeconds } = this.head;
    return { type: "headSeen", number, hash, timestampSeconds, accountNonce: this.accountNonce };
  }

  /** Performs what a sender asks; the answer comes later, or the node is down. */
  send(effect: SenderEffect, feedback: (input: SenderInput) => void): void {
    this.#later(() => {
      if (effect.type === "prepareTransaction") feedback(this.#prepare(effect));
      else if (effect.type === "broadcastTransaction") feedback(this.#broadcast(effect.hash));
      else {
        const receipt = this.#receipt(effect.hash);
        if (receipt !== null) feedback(receipt);
      }
    });
  }

  /** Performs what an indexer asks. */
  fetch(effect: IndexerEffect, feedback: (input: IndexerInput) => void): void {
    this.#later(() => feedback(this.#logs(effect)));
  }

  #later(run: () => void): void {
    const { simulation, random } = this.#world;
    simulation.after(CALL_MS_MIN + random.below(CALL_MS_SPAN), run);
  }

  get #isDown(): boolean {
    const { faults, simulation } = this.#world;
    if (simulation.now < this.#downUntil) return true;
    if (!faults.strikes("chainDown")) return false;
    this.#downUntil = simulation.now + DOWN_MS;
    return true;
  }

  #prepare(effect: Extract<SenderEffect, { type: "prepareTransaction" }>): SenderInput {
    const { intentId, nonce, call, feeFloor, gasLimit } = effect;
    if (this.#isDown) return { type: "transactionRefused", intentId, nonce, reason: "node down", transient: true };
    if (gasLimit === null) {
      try {
        applyCall(cloneContracts(this.contracts), call, this.#context(this.#seconds()));
      } catch (error) {
        if (error instanceof Revert)
          return { type: "transactionRefused", intentId, nonce, reason: error.message, transient: false };
        throw error;
      }
    }
    const hash = keccakText(`transaction ${intentId} ${nonce} ${feeFloor?.maxFeePerGas ?? 0n}`);
    this.#raws.set(hash, { hash, nonce, call });
    const fees = feeFloor ?? { maxFeePerGas: 1_000n, maxPriorityFeePerGas: 100n };
    return { type: "transactionPrepared", intentId, nonce, hash, raw: hash, gasLimit: gasLimit ?? 100_000n, fees };
  }

  #broadcast(hash: Hash): SenderInput {
    if (this.#isDown) return { type: "transactionUnsent", hash, reason: "node down" };
    const transaction = this.#raws.get(hash);
    assert(transaction !== undefined, `the raw transaction ${hash} was never signed`);
    const isMined = this.#blocks.some((block) => block.transactions.some((one) => one.transaction.hash === hash));
    // The node says yes and forgets it: a pool may drop what it took.
    if (!isMined && !this.#world.faults.strikes("transactionLost")) this.#pool.set(hash, transaction);
    return { type: "transactionAccepted", hash };
  }

  #receipt(hash: Hash): SenderInput | null {
    if (this.#isDown) return null;
    for (const block of this.#blocks) {
      const found = block.transactions.find((one) => one.transaction.hash === hash);
      if (found === undefined) continue;
      return {
        type: "receiptSeen",
        hash,
        blockNumber: block.number,
        blockHash: block.hash,
        succeeded: found.succeeded,
        gasUsed: 50_000n,
        effectiveGasPrice: 1_000n,
      };
    }
    return { type: "receiptMissing", hash };
  }

  #logs({ fromBlock, toBlock }: IndexerEffect): IndexerInput {
    const parent = this.#blocks[fromBlock - 1];
    const wanted = this.#blocks.slice(fromBlock, toBlock + 1);
    if (this.#isDown || wanted.length !== toBlock - fromBlock + 1)
      return { type: "logsUnavailable", fromBlock, toBlock, tooMany: false };
    return {
      type: "logsFetched",
      fromBlock,
      toBlock,
      parentHash: parent?.hash ?? this.#blocks[0]?.parentHash ?? "0x",
      blocks: wanted.map(({ number, hash }) => ({ number, hash })),
      events: wanted.flatMap((block) => block.events),
    };
  }

  #mine(): void {
    const { number, hash: parentHash, after: before } = this.head;
    const timestampSeconds = Math.max(this.head.timestampSeconds + 1, this.#seconds());
    const hash = this.#newHash("block");
    const after = cloneContracts(before);
    const transactions: Block["transactions"][number][] = [];
    const events: ChainEvent[] = [];
    for (let nonce = this.accountNonce; ; nonce += 1) {
      const next = [...this.#pool.values()].findLast((transaction) => transaction.nonce === nonce);
      if (next === undefined) break;
      const bodies = this.#execute(after, next, timestampSeconds);
      transactions.push({ transaction: next, succeeded: bodies !== null });
      for (const body of bodies ?? [])
        events.push({ ...body, blockNumber: number + 1, blockHash: hash, txHash: next.hash, logIndex: events.length });
    }
    this.#blocks.push({ number: number + 1, hash, parentHash, timestampSeconds, transactions, events, after });
    const used = this.accountNonce;
    for (const one of this.#pool.values()) if (one.nonce < used) this.#pool.delete(one.hash);
  }

  #execute(
    state: ContractState,
    { call }: Transaction,
    timestampSeconds: number,
  ): readonly ReturnType<typeof applyCall>[number][] | null {
    const trial = cloneContracts(state);
    try {
      const events = applyCall(trial, call, this.#context(timestampSeconds));
      replaceContracts(state, trial);
      return events;
    } catch (error) {
      if (error instanceof Revert) return null;
      throw error;
    }
  }

  // What the dropped blocks held is in no pool any more, as `anvil_reorg` does it; the sender has to notice.
  #reorg(depth: number): void {
    const taken = Math.min(depth, this.#blocks.length - 1);
    this.#blocks.splice(this.#blocks.length - taken, taken);
    const pool = [...this.#pool];
    this.#pool.clear();
    for (let i = 0; i < taken; i += 1) this.#mine();
    for (const [hash, transaction] of pool) this.#pool.set(hash, transaction);
  }

  #context(timestampSeconds: number): BlockContext {
    const { windows, domain } = this.#options;
    return { timestampSeconds, windows, escrowIdOf: (order): EscrowId => escrowIdOf(domain, order) };
  }

  #seconds(): number {
    return Math.floor(this.#world.simulation.now / 1_000);
  }

  #newHash(what: string): Hash {
    this.#salt += 1;
    return keccakText(`${what} ${this.#salt} ${this.#world.random.uint32()}`);
  }
}

function cloneContracts(state: ContractState): ContractState {
  return structuredCloneOf(state) as ContractState;
}

function replaceContracts(state: ContractState, by: ContractState): void {
  state.escrows.clear();
  for (const [id, escrow] of by.escrows) state.escrows.set(id, escrow);
  state.usedOrders.clear();
  for (const id of by.usedOrders) state.usedOrders.add(id);
  state.balances.clear();
  for (const [account, balance] of by.balances) state.balances.set(account, balance);
}
