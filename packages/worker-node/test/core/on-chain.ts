// A worker's core on a chain: heads come in, and what is asked of the chain is answered from a state that tests set.
import {
  defaultPolicy,
  statusView,
  type WorkerConfig,
  type WorkerEffect,
  type WorkerInput,
} from "../../src/core/index.ts";
import { coordinator, Driven, escrow, hash, only } from "./support.ts";

export const policy = { ...defaultPolicy, redeemMin: 10n };
export const signature = `0x${"ab".repeat(65)}` as const;
export const claimSeconds = 7 * 24 * 3_600;
export const gas = { balance: 10n ** 18n, price: 10n ** 9n };
/** Block time at the start. */
export const began = 2_000_000_000;
export const endsAtSeconds = began + 60_000;
export const allottedUntilSeconds = began + 50_000;

type Claim = Extract<WorkerInput, { type: "claimsSeen" }>["claims"][number];

/** A worker on a chain: heads come in, and what is asked of the chain is answered from here. */
export class OnChain extends Driven {
  head = 100;
  seconds = began;
  nonce = 0;
  gas = gas;
  window = claimSeconds;
  claim: Claim = {
    escrowId: escrow,
    phase: "open",
    isOver: false,
    allotted: 1_000n,
    claimed: 0n,
    allottedUntilSeconds,
    endsAtSeconds,
  };

  constructor(change: Partial<WorkerConfig> = {}) {
    super({ policy, ...change });
    this.connect();
  }

  /** The next block, so many seconds later; what is asked for is answered from the chain's state. */
  block(seconds = 1): readonly WorkerEffect[] {
    this.head += 1;
    this.seconds += seconds;
    this.now += 1;
    const { head: number, nonce: accountNonce, seconds: timestampSeconds } = this;
    const hash = `0x${number.toString(16).padStart(64, "0")}` as const;
    const seen = { type: "headSeen", number, hash, timestampSeconds, accountNonce } as const;
    return this.answering(this.effectsOf({ type: "sender", input: seen }));
  }

  /** Answers readings at once; gives all effects, those of the answers too. */
  answering(asked: readonly WorkerEffect[]): readonly WorkerEffect[] {
    const all = [...asked];
    for (const { escrowIds } of only(asked, "readClaims"))
      all.push(
        ...this.effectsOf({
          type: "claimsSeen",
          blockNumber: this.head,
          claims: escrowIds.includes(escrow) ? [this.claim] : [],
          claimSeconds: this.window,
          gas: this.gas,
        }),
      );
    return all;
  }

  voucher(cumulative: bigint): void {
    this.input({ type: "voucherReceived", coordinator, escrowId: escrow, cumulative, signature });
  }

  leave(): void {
    this.input({ type: "coordinatorGone", coordinator, session: "s1", reason: "gone" });
  }

  /** The node signs what the sender wants; gives the hash. */
  sign(effects: readonly WorkerEffect[]): `0x${string}` {
    const [prepare] = prepared(effects);
    if (prepare === undefined) throw new Error("nothing to sign");
    const { intentId, nonce } = prepare;
    const signed = hash(intentId);
    const fees = { maxFeePerGas: 2n, maxPriorityFeePerGas: 1n };
    this.input({
      type: "sender",
      input: { type: "transactionPrepared", intentId, nonce, hash: signed, raw: signed, gasLimit: 1n, fees },
    });
    this.input({ type: "sender", input: { type: "transactionAccepted", hash: signed } });
    return signed;
  }

  /** The transaction is in a block, and pays up to so much. */
  mine(signed: `0x${string}`, claimed: bigint): void {
    this.nonce += 1;
    this.claim = { ...this.claim, claimed };
    this.block();
    const blockNumber = this.head;
    const receipt = { hash: signed, blockNumber, blockHash: hash("block"), succeeded: true } as const;
    this.input({ type: "sender", input: { type: "receiptSeen", ...receipt, gasUsed: 1n, effectiveGasPrice: 1n } });
  }

  /** What the contract has paid in all once it took a voucher over so much. */
  paidBy(cumulative: bigint): bigint {
    const { allotted, claimed } = this.claim;
    if (cumulative <= claimed || allotted <= claimed) return claimed;
    if (cumulative < allotted) return cumulative;
    return allotted;
  }

  refuse(effects: readonly WorkerEffect[]): void {
    const [prepare] = prepared(effects);
    if (prepare === undefined) throw new Error("nothing to refuse");
    const { intentId, nonce } = prepare;
    const refusal = {
      type: "transactionRefused",
      intentId,
      nonce,
      reason: "EscrowNothingDue",
      transient: false,
    } as const;
    this.input({ type: "sender", input: refusal });
  }

  redemptions(): readonly { readonly cumulative: bigint; readonly reason: string; readonly due: bigint }[] {
    return this.facts.flatMap((fact) =>
      fact.type === "redemptionIntended" ? [{ cumulative: fact.cumulative, reason: fact.reason, due: fact.due }] : [],
    );
  }
}

/** What is to be simulated and signed. */
export function prepared(effects: readonly WorkerEffect[]) {
  return only(effects, "sender").flatMap(({ effect }) => (effect.type === "prepareTransaction" ? [effect] : []));
}

/** What the status says of the voucher. */
export function standing(driven: Driven) {
  return statusView(driven.state).vouchers.find(({ escrowId }) => escrowId === escrow);
}
