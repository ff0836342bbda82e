// A daemon's access to the chain: performs the effects of its money machines, unless the node is down.
import { assert, type Millis } from "@starling/kernel";
import { type Address, type Hash, keccakText } from "@starling/protocol";
import type { IndexerEffect, IndexerInput, SenderEffect, SenderInput } from "@starling/settlement";
import type { ChainWorld, Transaction, VirtualChain } from "./virtual-chain.ts";

const CALL_MS_MIN = 1;
const CALL_MS_SPAN = 20;
const DOWN_MS: Millis = 4_000;
const GAS_LIMIT = 100_000n;
const FEES = { maxFeePerGas: 1_000n, maxPriorityFeePerGas: 100n };

export class ChainNode {
  readonly #chain: VirtualChain;
  readonly #world: ChainWorld;
  /** Whose transactions it signs. */
  readonly #account: Address;
  /** Signed transactions, by hash, which stands for the raw bytes. */
  readonly #raws = new Map<Hash, Transaction>();
  #downUntil: Millis = 0;

  constructor(chain: VirtualChain, { world, account }: { readonly world: ChainWorld; readonly account: Address }) {
    this.#chain = chain;
    this.#world = world;
    this.#account = account;
  }

  /** The head as the daemon is told of it; null while the node is down. */
  headSeen(): Extract<SenderInput & IndexerInput, { type: "headSeen" }> | null {
    if (this.#world.simulation.now < this.#downUntil) return null;
    const { number, hash, timestampSeconds, nonces } = this.#chain.head;
    return { type: "headSeen", number, hash, timestampSeconds, accountNonce: nonces.get(this.#account) ?? 0 };
  }

  /** Performs what a sender asks; the answer comes later. */
  send(effect: SenderEffect, feedback: (input: SenderInput) => void): void {
    this.#later(() => {
      const answer = this.#answer(effect);
      if (answer !== null) feedback(answer);
    });
  }

  /** Performs what an indexer asks. */
  fetch(effect: IndexerEffect, feedback: (input: IndexerInput) => void): void {
    this.#later(() => feedback(this.#logs(effect)));
  }

  /** Reads something of the chain, a little later; nothing comes of it while the node is down. */
  read(run: () => void): void {
    this.#later(() => {
      if (this.#world.simulation.now >= this.#downUntil) run();
    });
  }

  #later(run: () => void): void {
    const { simulation, random } = this.#world;
    simulation.after(CALL_MS_MIN + random.below(CALL_MS_SPAN), run);
  }

  #goesDown(): boolean {
    const { faults, simulation } = this.#world;
    if (simulation.now < this.#downUntil) return true;
    if (!faults.strikes("chainDown")) return false;
    this.#downUntil = simulation.now + DOWN_MS;
    return true;
  }

  #answer(effect: SenderEffect): SenderInput | null {
    switch (effect.type) {
      case "prepareTransaction":
        return this.#prepare(effect);
      case "broadcastTransaction":
        return this.#broadcast(effect.hash);
      case "fetchReceipt":
        return this.#goesDown() ? null : this.#receipt(effect.hash);
    }
  }

  #prepare(effect: Extract<SenderEffect, { type: "prepareTransaction" }>): SenderInput {
    const { intentId, nonce, call, feeFloor, gasLimit } = effect;
    if (this.#goesDown()) return { type: "transactionRefused", intentId, nonce, reason: "node down", transient: true };
    const reason = gasLimit === null ? this.#chain.simulate(call) : null;
    if (reason !== null) return { type: "transactionRefused", intentId, nonce, reason, transient: false };
    const fees = feeFloor ?? FEES;
    // Signing is deterministic: the same bytes have the same hash.
    const hash: Hash = keccakText(`${this.#account} ${intentId} ${nonce} ${fees.maxFeePerGas}`);
    this.#raws.set(hash, { hash, from: this.#account, nonce, call });
    return { type: "transactionPrepared", intentId, nonce, hash, raw: hash, gasLimit: gasLimit ?? GAS_LIMIT, fees };
  }

  #broadcast(hash: Hash): SenderInput {
    if (this.#goesDown()) return { type: "transactionUnsent", hash, reason: "node down" };
    const transaction = this.#raws.get(hash);
    assert(transaction !== undefined, `the raw transaction ${hash} was never signed`);
    // The node says yes and forgets it: a pool may drop what it took.
    if (!this.#world.faults.strikes("transactionLost")) this.#chain.add(transaction);
    return { type: "transactionAccepted", hash };
  }

  #receipt(hash: Hash): SenderInput {
    const found = this.#chain.find(hash);
    if (found === null) return { type: "receiptMissing", hash };
    const { block, succeeded } = found;
    return {
      type: "receiptSeen",
      hash,
      blockNumber: block.number,
      blockHash: block.hash,
      succeeded,
      gasUsed: GAS_LIMIT / 2n,
      effectiveGasPrice: FEES.maxFeePerGas,
    };
  }

  #logs({ fromBlock, toBlock }: IndexerEffect): IndexerInput {
    const { blocks } = this.#chain;
    const wanted = blocks.slice(fromBlock, toBlock + 1);
    const [first] = wanted;
    if (this.#goesDown() || first === undefined || wanted.length !== toBlock - fromBlock + 1)
      return { type: "logsUnavailable", fromBlock, toBlock, tooMany: false };
    return {
      type: "logsFetched",
      fromBlock,
      toBlock,
      parentHash: first.parentHash,
      blocks: wanted.map(({ number, hash }) => ({ number, hash })),
      events: wanted.flatMap((block) => block.events),
    };
  }
}
