// Drives a real sender against the toy chain: effects are performed late, in any order, or lost with a crash.
import { keyFromSeed, randomStreams } from "@starling/kernel";
import type { ChainCall, Hash, Hex } from "@starling/protocol";
import {
  decideSender,
  emptySenderLedger,
  emptySenderPresence,
  evolveSender,
  type IntentChange,
  intend,
  resumeSender,
  type SenderConfig,
  type SenderEffect,
  type SenderFact,
  type SenderInput,
  type SenderState,
  type SenderTurn,
  senderViolations,
} from "@starling/settlement";
import { expect } from "vitest";
import { ToyChain, type ToyTransaction, toyHash } from "../toy-chain.ts";

/** A call whose simulation always reverts. */
export const refusedCall: ChainCall = { kind: "close", escrowId: toyHash("refused") };
/** A call that always works. */
export const fineCall: ChainCall = { kind: "close", escrowId: toyHash("fine") };

/** One sender, one chain, and everything between them. */
export class ToyWorld {
  readonly chain = new ToyChain();
  readonly facts: SenderFact[] = [];
  readonly changes: IntentChange[] = [];
  readonly signed = new Map<Hash, ToyTransaction>();
  effects: SenderEffect[] = [];
  state: SenderState;
  now = 0;
  readonly #config: SenderConfig;

  constructor(config: SenderConfig) {
    this.#config = config;
    this.state = { ledger: emptySenderLedger(config), presence: emptySenderPresence() };
  }

  get turn(): SenderTurn {
    return {
      now: this.now,
      record: (fact) => {
        this.facts.push(structuredClone(fact));
        evolveSender(this.state.ledger, fact);
      },
      request: (effect) => this.effects.push(effect),
    };
  }

  intend(intentId: string, call: ChainCall): void {
    expect(intend(this.state, { intentId, call }, this.turn)).toEqual({ ok: true });
    this.#check();
  }

  input(input: SenderInput): void {
    this.changes.push(...decideSender(this.state, input, this.turn));
    this.#check();
  }

  /** The shell sees the head. */
  see(): void {
    const { number, hash } = this.chain.head;
    const { accountNonce } = this.chain;
    this.input({ type: "headSeen", number, hash, timestampSeconds: number, accountNonce });
  }

  /** Performs one waiting effect; `fault` makes the node lose or refuse it where that is possible. */
  perform(index: number, fault: boolean): void {
    const [effect] = this.effects.splice(index, 1);
    if (effect === undefined) return;
    if (effect.type === "prepareTransaction") this.input(this.#prepare(effect, fault));
    else if (effect.type === "broadcastTransaction") this.#broadcast(effect.hash, fault);
    else this.input(this.#receipt(effect.hash));
  }

  /** Kills the process: everything volatile is gone, the ledger is the fold of the facts. */
  crash(): void {
    const ledger = emptySenderLedger(this.#config);
    for (const fact of this.facts) evolveSender(ledger, structuredClone(fact));
    expect(ledger).toEqual(this.state.ledger);
    this.effects = [];
    this.state = { ledger, presence: emptySenderPresence() };
    resumeSender(this.state, this.turn);
    this.#check();
  }

  /** A world without faults: everything is performed, blocks come, until nothing is open. */
  settle(blocksMax: number): void {
    for (let i = 0; i < blocksMax && this.state.ledger.intents.size > 0; i += 1) {
      this.see();
      while (this.effects.length > 0) this.perform(0, false);
      this.now += 10_000;
      this.input({ type: "senderWoken" });
      while (this.effects.length > 0) this.perform(0, false);
      this.chain.mine();
    }
  }

  #prepare(effect: Extract<SenderEffect, { type: "prepareTransaction" }>, fault: boolean): SenderInput {
    const { intentId, nonce, call } = effect;
    if (fault) return { type: "transactionRefused", intentId, nonce, reason: "down", transient: true };
    if (effect.gasLimit === null && call.kind === "close" && call.escrowId === toyHash("refused")) {
      return { type: "transactionRefused", intentId, nonce, reason: "EscrowTooEarly()", transient: false };
    }
    const fees = effect.feeFloor ?? { maxFeePerGas: 100n, maxPriorityFeePerGas: 1n };
    const hash = toyHash(`${intentId} ${nonce} ${fees.maxFeePerGas}`);
    this.signed.set(hash, { hash, nonce, intentId });
    const raw: Hex = `0x${hash.slice(2)}`;
    return { type: "transactionPrepared", intentId, nonce, hash, raw, gasLimit: 21_000n, fees };
  }

  #broadcast(hash: Hash, fault: boolean): void {
    const transaction = this.signed.get(hash);
    if (transaction === undefined) throw new Error("what was never signed can't be sent");
    // A lost answer: the node has the transaction, the sender is told that it has not.
    const taken = this.chain.send(transaction);
    if (taken && !fault) this.input({ type: "transactionAccepted", hash });
    else this.input({ type: "transactionUnsent", hash, reason: taken ? "timeout" : "nonce too low" });
  }

  #receipt(hash: Hash): SenderInput {
    const block = this.chain.blockOf(hash);
    if (block === undefined) return { type: "receiptMissing", hash };
    return {
      type: "receiptSeen",
      hash,
      blockNumber: block.number,
      blockHash: block.hash,
      succeeded: true,
      gasUsed: 21_000n,
      effectiveGasPrice: 50n,
    };
  }

  #check(): void {
    expect(senderViolations(this.state.ledger)).toEqual([]);
  }
}

/** Integers from a seed. */
export function drawing(seed: number): (bound: number) => number {
  const stream = randomStreams(keyFromSeed(seed))("test");
  return (bound) => stream.below(bound);
}
