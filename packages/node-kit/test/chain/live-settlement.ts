// The real sender and indexer machines, driven by the real effects and the real block watcher: what a daemon's shell does.
import type { ChainCall, ChainEvent } from "@starling/protocol";
import {
  decideIndexer,
  decideSender,
  evolveIndexer,
  evolveSender,
  type IndexerEffect,
  type IndexerFact,
  type IndexerInput,
  type IntentStatus,
  indexerDefaults,
  initialIndexer,
  initialSender,
  intend,
  intentStatus,
  isCaughtUp,
  type SenderEffect,
  type SenderFact,
  type SenderInput,
  senderDefaults,
  wakeIndexer,
} from "@starling/settlement";
import { watchHeads } from "../../src/chain/block-watcher.ts";
import { RpcClient } from "../../src/chain/client.ts";
import { chainEffects, type PerformChainEffect } from "../../src/chain/effects.ts";
import type { Wallet } from "../../src/chain/wallet.ts";
import type { TestChain } from "./devnet.ts";

/** One hot key's sender and indexer on a test chain. */
export class LiveSettlement {
  readonly sender;
  readonly indexer;
  readonly events: ChainEvent[] = [];
  readonly facts: (SenderFact | IndexerFact)[] = [];
  readonly heads: number[] = [];
  readonly #stop = new AbortController();
  readonly #perform: PerformChainEffect;
  readonly #rpc: RpcClient;
  readonly #watching: Promise<void>;
  readonly #waiters = new Set<() => void>();
  #wake: NodeJS.Timeout | null = null;

  constructor(chain: TestChain, wallet: Wallet, confirmations: number) {
    this.sender = initialSender({ ...senderDefaults, confirmations, rebroadcastAfterBlocks: 1 });
    this.indexer = initialIndexer({ ...indexerDefaults, confirmations, startBlock: chain.network.startBlock });
    this.#rpc = new RpcClient(chain.anvil.wsUrl);
    this.#perform = chainEffects({ rpc: this.#rpc, wallet, network: chain.network });
    const listener = {
      onHead: (head: SenderInput & IndexerInput) => {
        if (head.type === "headSeen") this.heads.push(head.number);
        this.#input(head);
      },
      onReachable: () => undefined,
    };
    this.#watching = watchHeads(this.#rpc, listener, { account: wallet.address, signal: this.#stop.signal });
  }

  intend(intentId: string, call: ChainCall): void {
    intend(this.sender, { intentId, call }, this.#senderTurn());
    this.#changed();
  }

  status(intentId: string): IntentStatus | null {
    return intentStatus(this.sender.ledger, intentId);
  }

  /** Resolves when the condition holds; it is looked at after every change. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => this.#waiters.add(resolve));
    }
  }

  /** Whether the indexer has read everything up to the head that was seen last. */
  caughtUp(): boolean {
    return isCaughtUp(this.indexer);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    if (this.#wake !== null) clearTimeout(this.#wake);
    await this.#watching;
    this.#rpc.close();
  }

  #input(input: SenderInput | IndexerInput): void {
    if (input.type === "headSeen") {
      decideSender(this.sender, input, this.#senderTurn());
      this.#index(input);
    } else if (input.type === "logsFetched" || input.type === "logsUnavailable" || input.type === "indexerWoken") {
      this.#index(input);
    } else decideSender(this.sender, input, this.#senderTurn());
    this.#changed();
  }

  #index(input: IndexerInput): void {
    const turn = {
      now: Math.floor(performance.now()),
      record: (fact: IndexerFact) => {
        this.facts.push(fact);
        evolveIndexer(this.indexer.ledger, fact);
      },
      request: (effect: IndexerEffect) => this.#request(effect),
    };
    for (const change of decideIndexer(this.indexer, input, turn)) {
      if (change.type === "eventConfirmed") this.events.push(change.event);
      else this.events.pop();
    }
    this.#armWake();
  }

  // A node that changed branches between two requests is asked again after a while, not at the next head alone.
  #armWake(): void {
    if (this.#wake !== null) clearTimeout(this.#wake);
    this.#wake = null;
    const at = wakeIndexer(this.indexer);
    if (at === null || this.#stop.signal.aborted) return;
    this.#wake = setTimeout(() => this.#input({ type: "indexerWoken" }), Math.max(0, at - performance.now()) + 1);
  }

  #senderTurn() {
    return {
      now: Math.floor(performance.now()),
      record: (fact: SenderFact) => {
        this.facts.push(fact);
        evolveSender(this.sender.ledger, fact);
      },
      request: (effect: SenderEffect) => this.#request(effect),
    };
  }

  #request(effect: SenderEffect | IndexerEffect): void {
    this.#perform(effect, { signal: this.#stop.signal }).then(
      (outcome) => {
        if (outcome !== null) this.#input(outcome);
      },
      (error: unknown) => {
        if (!this.#stop.signal.aborted) throw error;
      },
    );
  }

  #changed(): void {
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const wake of waiters) wake();
  }
}
