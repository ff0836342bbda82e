// A chain of one account in a few lines: blocks, a pool that loses things, reorgs that put nothing back. For property tests.
import { createHash } from "node:crypto";
import type { Hash } from "@starling/protocol";

/** A signed transaction as the toy chain sees it. */
export interface ToyTransaction {
  readonly hash: Hash;
  readonly nonce: number;
  /** Which intent it carries out; null for a foreign program that holds the same key. */
  readonly intentId: string | null;
}

export interface ToyBlock {
  readonly number: number;
  readonly hash: Hash;
  readonly parentHash: Hash;
  readonly transactions: readonly ToyTransaction[];
}

/** A repeatable hash of any text. */
export function toyHash(text: string): Hash {
  return `0x${createHash("sha256").update(text).digest("hex")}`;
}

/** The chain; every method is synchronous and everything is inspectable. */
export class ToyChain {
  readonly blocks: ToyBlock[] = [
    { number: 0, hash: toyHash("genesis"), parentHash: toyHash("nothing"), transactions: [] },
  ];
  readonly pool = new Map<Hash, ToyTransaction>();
  #salt = 0;

  get head(): ToyBlock {
    const head = this.blocks.at(-1);
    if (head === undefined) throw new Error("a chain has a genesis block");
    return head;
  }

  get accountNonce(): number {
    return this.blocks.reduce((sum, block) => sum + block.transactions.length, 0);
  }

  /** Takes a transaction into the pool; false when its nonce is used up. */
  send(transaction: ToyTransaction): boolean {
    if (transaction.nonce < this.accountNonce) return false;
    this.pool.set(transaction.hash, transaction);
    return true;
  }

  /** Mines everything in the pool that has the next nonce, one after the other; of two with one nonce, the later one. */
  mine(): ToyBlock {
    const transactions: ToyTransaction[] = [];
    for (let nonce = this.accountNonce; ; nonce += 1) {
      const next = [...this.pool.values()].findLast((transaction) => transaction.nonce === nonce);
      if (next === undefined) break;
      transactions.push(next);
    }
    this.#salt += 1;
    const { number, hash: parentHash } = this.head;
    this.blocks.push({
      number: number + 1,
      hash: toyHash(`block ${number + 1} ${this.#salt}`),
      parentHash,
      transactions,
    });
    const nonce = this.accountNonce;
    for (const one of this.pool.values()) if (one.nonce < nonce) this.pool.delete(one.hash);
    return this.head;
  }

  /** Replaces the last blocks by empty ones; what they held is in no pool any more, as `anvil_reorg` does it. */
  reorg(depth: number): void {
    const taken = Math.min(depth, this.blocks.length - 1);
    this.blocks.splice(this.blocks.length - taken, taken);
    for (let i = 0; i < taken; i += 1) {
      const pool = [...this.pool];
      this.pool.clear();
      this.mine();
      for (const [hash, transaction] of pool) this.pool.set(hash, transaction);
    }
  }

  /** The block that holds a transaction. */
  blockOf(hash: Hash): ToyBlock | undefined {
    return this.blocks.find((block) => block.transactions.some((transaction) => transaction.hash === hash));
  }

  /** How often each intent was carried out on the chain as it stands. */
  carriedOut(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { intentId } of this.blocks.flatMap((block) => block.transactions)) {
      if (intentId !== null) counts.set(intentId, (counts.get(intentId) ?? 0) + 1);
    }
    return counts;
  }
}
