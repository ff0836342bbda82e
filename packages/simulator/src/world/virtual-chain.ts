// A chain with one-second blocks, a pool that loses things, and reorgs that put nothing back.
import { type Millis, present, type RandomStream } from "@starling/kernel";
import {
  type Address,
  type ChainCall,
  type ChainEvent,
  type ChainEventBody,
  type EscrowId,
  escrowIdOf,
  type Hash,
  keccakText,
  type SigningDomain,
} from "@starling/protocol";
import type { Faults } from "../fault-plan.ts";
import type { Simulation } from "../simulation.ts";
import { applyCall, type BlockContext, type ContractState, release, type Windows } from "./escrow-rules.ts";
import { copyOf } from "./plain-data.ts";
import { Revert } from "./revert.ts";
import { registryOf } from "./stake-rules.ts";

/** A signed transaction of a daemon's account. */
export interface Transaction {
  readonly hash: Hash;
  readonly from: Address;
  readonly nonce: number;
  readonly call: ChainCall;
}

export interface Block {
  readonly number: number;
  readonly hash: Hash;
  readonly parentHash: Hash;
  readonly timestampSeconds: number;
  /** Transactions of daemons; those of others leave events only. */
  readonly transactions: readonly { readonly transaction: Transaction; readonly succeeded: boolean }[];
  readonly events: readonly ChainEvent[];
  /** Transactions of each account up to here. */
  readonly nonces: ReadonlyMap<Address, number>;
  /** The contracts after this block; blocks in which nothing happened share them with their parent. */
  readonly after: ContractState;
}

export interface ChainOptions {
  readonly windows: Windows;
  readonly feeBps: number;
  readonly domain: SigningDomain;
  readonly balances: ReadonlyMap<Address, bigint>;
  /** What operators have at stake. */
  readonly stakes: ReadonlyMap<Address, bigint>;
  /** Who stands behind each worker. */
  readonly operators: ReadonlyMap<Address, Address>;
  /** Depth up to which common reorgs go; the confirmation depth is larger. */
  readonly reorgDepthMax: number;
}

export interface ChainWorld {
  readonly simulation: Simulation;
  readonly faults: Faults;
  readonly random: RandomStream;
}

/** What others send from accounts of their own. */
export type ForeignCall =
  | Extract<ChainCall, { kind: "redeem" | "releasePledge" | "reclaim" | "refund" | "close" }>
  | { readonly kind: "release"; readonly escrowId: EscrowId; readonly worker: Address };

const BLOCK_MS: Millis = 1_000;
/** So much deeper a deep reorg may go. */
const DEEP_REORG_SPAN = 6;

export class VirtualChain {
  readonly #world: ChainWorld;
  readonly #options: ChainOptions;
  readonly #blocks: Block[] = [];
  readonly #pool = new Map<Hash, Transaction>();
  /** Allotments that workers gave back by themselves, whether or not a reorg undid it. */
  readonly returns: { readonly escrowId: EscrowId; readonly worker: Address; readonly atSeconds: number }[] = [];
  /** Allotments that a deep reorg took back after work may have begun on them, with the deadline of their escrow. */
  readonly takenBack: {
    readonly escrowId: EscrowId;
    readonly worker: Address;
    readonly atSeconds: number;
    readonly deadline: number;
  }[] = [];
  #foreign: ForeignCall[] = [];
  #salt = 0;
  readonly #onHead: () => void;

  constructor(world: ChainWorld, options: ChainOptions, onHead: () => void) {
    this.#world = world;
    this.#options = options;
    this.#onHead = onHead;
    this.#blocks.push({
      number: 0,
      hash: this.#newHash("block"),
      parentHash: this.#newHash("none"),
      timestampSeconds: this.seconds,
      transactions: [],
      events: [],
      nonces: new Map(),
      after: {
        escrows: new Map(),
        usedOrders: new Set(),
        balances: new Map(options.balances),
        fees: 0n,
        registry: registryOf(options.stakes),
        court: { disputes: new Map(), credits: new Map() },
      },
    });
  }

  /** Begins to make blocks, for ever. */
  run(): void {
    this.#world.simulation.after(BLOCK_MS, () => {
      this.#reorgByChance();
      this.#mine();
      this.#onHead();
      this.run();
    });
  }

  get head(): Block {
    return present(this.#blocks.at(-1), "the genesis block");
  }

  get blocks(): readonly Block[] {
    return this.#blocks;
  }

  /** Waits of the contracts. */
  get windows(): Windows {
    return this.#options.windows;
  }

  /** The contracts as the head has them. */
  get contracts(): ContractState {
    return this.head.after;
  }

  /** The contracts as so many blocks confirm them. */
  confirmed(confirmations: number): ContractState {
    return present(this.#blocks.at(Math.max(-confirmations, -this.#blocks.length)), "a block").after;
  }

  /** Virtual time as block time. */
  get seconds(): number {
    return Math.floor(this.#world.simulation.now / 1_000);
  }

  /** Tries a call on the head; the reason of the revert, or null. */
  simulate(call: ChainCall): string | null {
    try {
      applyCall(copyOf(this.contracts), call, this.#context(this.seconds));
      return null;
    } catch (error) {
      if (error instanceof Revert) return error.message;
      throw error;
    }
  }

  /** Takes a transaction into the pool. */
  add(transaction: Transaction): void {
    if (this.find(transaction.hash) === null) this.#pool.set(transaction.hash, transaction);
  }

  /** Takes a call from somebody else's account; it is in the next block or nowhere. */
  addForeign(call: ForeignCall): void {
    this.#foreign.push(call);
  }

  /** Where a transaction was mined, or null. */
  find(hash: Hash): { readonly block: Block; readonly succeeded: boolean } | null {
    for (const block of this.#blocks.toReversed()) {
      const found = block.transactions.find((one) => one.transaction.hash === hash);
      if (found !== undefined) return { block, succeeded: found.succeeded };
    }
    return null;
  }

  #mine(): void {
    const { head } = this;
    const block = {
      number: head.number + 1,
      hash: this.#newHash("block"),
      timestampSeconds: Math.max(head.timestampSeconds + 1, this.seconds),
    };
    let after = head.after;
    const transactions: Block["transactions"][number][] = [];
    const events: ChainEvent[] = [];
    const include = (txHash: Hash, run: (state: ContractState) => ChainEventBody[]): boolean => {
      const trial = copyOf(after);
      try {
        for (const body of run(trial))
          events.push({ ...body, blockNumber: block.number, blockHash: block.hash, txHash, logIndex: events.length });
        after = trial;
        return true;
      } catch (error) {
        if (error instanceof Revert) return false;
        throw error;
      }
    };
    const context = this.#context(block.timestampSeconds);
    const nonces = new Map(head.nonces);
    for (const transaction of this.#inOrder(nonces)) {
      const succeeded = include(transaction.hash, (state) => applyCall(state, transaction.call, context));
      transactions.push({ transaction, succeeded });
    }
    for (const call of this.#foreign.splice(0)) {
      const run = (state: ContractState): ChainEventBody[] =>
        call.kind === "release" ? release(state, call.escrowId, call.worker) : applyCall(state, call, context);
      if (!include(this.#newHash("foreign"), run)) continue;
      if (call.kind === "redeem") this.#world.faults.count("voucherCashed");
      if (call.kind !== "release") continue;
      this.#world.faults.count("allotmentReturned");
      this.returns.push({ ...call, atSeconds: block.timestampSeconds });
    }
    this.#blocks.push({ ...block, parentHash: head.hash, transactions, events, nonces, after });
    for (const one of this.#pool.values()) if (one.nonce < (nonces.get(one.from) ?? 0)) this.#pool.delete(one.hash);
  }

  // Account after account; of several with one nonce the one that came last. Moves the nonces on.
  *#inOrder(nonces: Map<Address, number>): Generator<Transaction> {
    const senders = new Set([...this.#pool.values()].map(({ from }) => from));
    for (const from of senders) {
      for (;;) {
        const nonce = nonces.get(from) ?? 0;
        const next = [...this.#pool.values()].findLast((one) => one.from === from && one.nonce === nonce);
        if (next === undefined) break;
        nonces.set(from, nonce + 1);
        yield next;
      }
    }
  }

  #reorgByChance(): void {
    const { faults, random } = this.#world;
    const { reorgDepthMax } = this.#options;
    if (faults.strikes("deepReorg")) this.reorg(reorgDepthMax + 1 + random.below(DEEP_REORG_SPAN));
    else if (faults.strikes("reorg")) this.reorg(1 + random.below(reorgDepthMax));
  }

  /** Replaces so many blocks. What they held is in no pool any more, as `anvil_reorg` does it; the sender has to notice. */
  reorg(depth: number): void {
    const taken = Math.min(depth, this.#blocks.length - 1);
    const { escrows } = this.contracts;
    const dropped = this.#blocks.splice(this.#blocks.length - taken, taken);
    if (depth > this.#options.reorgDepthMax) this.#noteTakenBack(dropped, escrows);
    const pool = [...this.#pool];
    this.#pool.clear();
    for (let i = 0; i < taken; i += 1) this.#mine();
    for (const [hash, transaction] of pool) this.#pool.set(hash, transaction);
  }

  #noteTakenBack(dropped: readonly Block[], escrows: ContractState["escrows"]): void {
    for (const event of dropped.flatMap(({ events }) => events)) {
      if (event.type !== "allotted") continue;
      const { escrowId, worker } = event;
      const deadline = escrows.get(escrowId)?.deadline ?? 0;
      this.takenBack.push({ escrowId, worker, atSeconds: this.seconds, deadline });
    }
  }

  // Of the block after the head: calls are tried and mined in it.
  #context(timestampSeconds: number): BlockContext {
    const { windows, domain, feeBps, operators } = this.#options;
    return {
      timestampSeconds,
      blockNumber: this.head.number + 1,
      windows,
      feeBps,
      operatorOf: (worker) => operators.get(worker),
      seats: [...operators.keys()],
      escrowIdOf: (order): EscrowId => escrowIdOf(domain, order),
    };
  }

  #newHash(what: string): Hash {
    this.#salt += 1;
    return keccakText(`${what} ${this.#salt} ${this.#world.random.uint32()}`);
  }
}
