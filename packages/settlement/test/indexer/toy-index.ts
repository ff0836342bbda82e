// Drives a real indexer against the toy chain. Every transaction of the toy chain is one event.

import type { ChainEvent } from "@starling/protocol";
import {
  decideIndexer,
  emptyIndexerLedger,
  emptyIndexerPresence,
  evolveIndexer,
  type IndexerChange,
  type IndexerConfig,
  type IndexerEffect,
  type IndexerFact,
  type IndexerInput,
  type IndexerState,
  indexerViolations,
} from "@starling/settlement";
import { expect } from "vitest";
import { type ToyBlock, ToyChain, toyHash } from "../toy-chain.ts";

/** One indexer and one chain; `view` is what an embedding core would believe. */
export class ToyIndex {
  readonly chain = new ToyChain();
  readonly facts: IndexerFact[] = [];
  readonly view: ChainEvent[] = [];
  readonly changes: IndexerChange[] = [];
  effects: IndexerEffect[] = [];
  state: IndexerState;
  now = 0;
  #sent = 0;
  readonly #config: IndexerConfig;

  constructor(config: IndexerConfig) {
    this.#config = config;
    this.state = { ledger: emptyIndexerLedger(config), presence: emptyIndexerPresence(config) };
  }

  /** Puts so many events into the next block. */
  happen(count: number): void {
    for (let i = 0; i < count; i += 1) {
      this.#sent += 1;
      this.chain.send({ hash: toyHash(`event ${this.#sent}`), nonce: this.chain.accountNonce + i, intentId: "x" });
    }
  }

  input(input: IndexerInput): void {
    const turn = {
      now: this.now,
      record: (fact: IndexerFact) => {
        this.facts.push(structuredClone(fact));
        evolveIndexer(this.state.ledger, fact);
      },
      request: (effect: IndexerEffect) => this.effects.push(effect),
    };
    for (const change of decideIndexer(this.state, input, turn)) {
      this.changes.push(change);
      if (change.type === "eventConfirmed") this.view.push(change.event);
      else expect(this.view.pop()).toEqual(change.event);
    }
    expect(indexerViolations(this.state.ledger)).toEqual([]);
  }

  see(): void {
    const { number, hash } = this.chain.head;
    this.input({ type: "headSeen", number, hash, timestampSeconds: number, accountNonce: 0 });
  }

  /** Answers the oldest request from the chain as it stands. */
  perform(fault: "none" | "down" | "tooMany"): void {
    const effect = this.effects.shift();
    if (effect === undefined) return;
    const { fromBlock, toBlock } = effect;
    const range = this.chain.blocks.slice(fromBlock, toBlock + 1);
    const first = range[0];
    if (fault !== "none" || first === undefined || range.length !== toBlock - fromBlock + 1) {
      this.input({ type: "logsUnavailable", fromBlock, toBlock, tooMany: fault === "tooMany" });
      return;
    }
    const blocks = range.slice(-this.#config.ringMax).map(({ number, hash }) => ({ number, hash }));
    const { parentHash } = first;
    this.input({ type: "logsFetched", fromBlock, toBlock, parentHash, blocks, events: range.flatMap(eventsOf) });
  }

  crash(): void {
    const ledger = emptyIndexerLedger(this.#config);
    for (const fact of this.facts) evolveIndexer(ledger, structuredClone(fact));
    expect(ledger).toEqual(this.state.ledger);
    this.effects = [];
    this.state = { ledger, presence: emptyIndexerPresence(this.#config) };
  }

  settle(): void {
    for (let i = 0; i < 20; i += 1) {
      this.now += 100_000;
      this.see();
      while (this.effects.length > 0) this.perform("none");
    }
  }

  /** What the chain says about blocks that are deep enough. */
  truth(): ChainEvent[] {
    return this.chain.blocks.slice(0, this.chain.blocks.length + 1 - this.#config.confirmations).flatMap(eventsOf);
  }
}

function eventsOf(block: ToyBlock): ChainEvent[] {
  return block.transactions.map((transaction, logIndex) => ({
    type: "refunded",
    escrowId: transaction.hash,
    amount: 1n,
    blockNumber: block.number,
    blockHash: block.hash,
    txHash: transaction.hash,
    logIndex,
  }));
}
