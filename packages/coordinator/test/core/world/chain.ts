// A chain of one contract in memory: every transaction is mined in the next block, with the rules of JobEscrow that money depends on.
import {
  type Address,
  type ChainCall,
  type ChainEvent,
  type ChainEventBody,
  type EscrowId,
  type Hash,
  keccakText,
} from "@starling/protocol";
import type { IndexerEffect, IndexerInput, SenderEffect, SenderInput } from "@starling/settlement";
import { TestCourt } from "./court.ts";
import { coordinator, startMs } from "./fixtures.ts";
import { TestPledges } from "./pledge.ts";

interface Account {
  allotted: bigint;
  claimed: bigint;
  expiresAt: number;
}

interface Contract {
  readonly payer: Address;
  budget: bigint;
  deadline: number;
  committedAt: number | null;
  closed: boolean;
  batches: number;
  readonly accounts: Map<Address, Account>;
}

const fees = { maxFeePerGas: 10n, maxPriorityFeePerGas: 1n };
const claimSeconds = 4;
const disputeSeconds = 2;

export class TestChain {
  readonly contracts = new Map<EscrowId, Contract>();
  readonly paid = new Map<Address, bigint>();
  deposited = 0n;
  refunded = 0n;
  readonly #events: ChainEvent[] = [];
  readonly #orders = new Set<EscrowId>();
  readonly #calls = new Map<Hash, { readonly call: ChainCall; readonly nonce: number }>();
  readonly #pool = new Map<number, Hash>();
  readonly #receipts = new Map<Hash, { block: number; ok: boolean }>();
  #nonce = 0;
  block = 0;
  seconds = Math.floor(startMs / 1_000);
  /** Stakes without end: pledges are limited by what workers sign. */
  readonly pledges = new TestPledges();
  readonly court = new TestCourt();
  /** What others did: it is in the next block. */
  readonly foreign: ChainEventBody[] = [];
  /** Reasons to refuse, by kind of call. */
  readonly refusals = new Map<ChainCall["kind"], string>();
  /** Which escrow id an order creates, by its salt; the test's fixtures choose them. */
  readonly escrowOf = new Map<Hash, EscrowId>();

  /** Answers an effect of the sender. */
  sender(effect: SenderEffect): SenderInput {
    if (effect.type === "prepareTransaction") {
      const { intentId, nonce, call } = effect;
      const reason = this.refusals.get(call.kind) ?? this.#simulate(call);
      if (reason !== null && effect.gasLimit === null)
        return { type: "transactionRefused", intentId, nonce, reason, transient: false };
      const hash = keccakText(`${intentId}/${nonce}`);
      this.#calls.set(hash, { call, nonce });
      return { type: "transactionPrepared", intentId, nonce, hash, raw: hash, gasLimit: 100_000n, fees };
    }
    if (effect.type === "broadcastTransaction") {
      const known = this.#calls.get(effect.hash);
      if (known !== undefined && !this.#receipts.has(effect.hash)) this.#pool.set(known.nonce, effect.hash);
      return { type: "transactionAccepted", hash: effect.hash };
    }
    const receipt = this.#receipts.get(effect.hash);
    if (receipt === undefined) return { type: "receiptMissing", hash: effect.hash };
    return {
      type: "receiptSeen",
      hash: effect.hash,
      blockNumber: receipt.block,
      blockHash: blockHash(receipt.block),
      succeeded: receipt.ok,
      gasUsed: 50_000n,
      effectiveGasPrice: 10n,
    };
  }

  /** Answers an effect of the indexer. */
  indexer({ fromBlock, toBlock }: IndexerEffect): IndexerInput {
    const blocks = Array.from({ length: toBlock - fromBlock + 1 }, (_, i) => ({
      number: fromBlock + i,
      hash: blockHash(fromBlock + i),
    }));
    const events = this.#events.filter(({ blockNumber }) => blockNumber >= fromBlock && blockNumber <= toBlock);
    return { type: "logsFetched", fromBlock, toBlock, parentHash: blockHash(fromBlock - 1), blocks, events };
  }

  /** Mines a block with everything that waits. */
  mine(seconds: number): void {
    this.block += 1;
    this.seconds = Math.max(this.seconds + 1, seconds);
    for (let hash = this.#pool.get(this.#nonce); hash !== undefined; hash = this.#pool.get(this.#nonce)) {
      const call = this.#calls.get(hash)?.call;
      this.#pool.delete(this.#nonce);
      this.#nonce += 1;
      const ok = call !== undefined && this.#simulate(call) === null;
      if (ok) for (const body of this.#execute(call)) this.#emit(body, hash);
      this.#receipts.set(hash, { block: this.block, ok });
    }
    for (const body of this.foreign.splice(0)) this.#emit(body, keccakText(`foreign ${this.block}`));
  }

  head(): Extract<SenderInput, { type: "headSeen" }> {
    return {
      type: "headSeen",
      number: this.block,
      hash: blockHash(this.block),
      timestampSeconds: this.seconds,
      accountNonce: this.#nonce,
    };
  }

  #emit(body: ChainEventBody, txHash: Hash): void {
    const logIndex = this.#events.filter(({ blockNumber }) => blockNumber === this.block).length;
    this.#events.push({ ...body, blockNumber: this.block, blockHash: blockHash(this.block), txHash, logIndex });
  }

  #escrow(escrowId: EscrowId): Contract | undefined {
    return this.contracts.get(escrowId);
  }

  #simulate(call: ChainCall): string | null {
    if (call.kind === "createEscrowFor" || call.kind === "topUpFor") {
      const id = this.escrowOf.get(call.order.salt);
      if (id === undefined) return "unknown order";
      if (this.#orders.has(id)) return call.kind === "createEscrowFor" ? "EscrowExists" : "EscrowOrderUsed";
      return call.kind === "topUpFor" && this.#escrow(call.escrowId) === undefined ? "EscrowBadPhase" : null;
    }
    if (call.kind === "pledgeFor" || call.kind === "releasePledge")
      return this.pledges.fault(call, this.#pledgeEnd(call));
    if (TestCourt.takes(call)) return this.court.fault(call, { seconds: this.seconds + 1, block: this.block + 1 });
    if (!("escrowId" in call)) return "unsupported";
    const one = this.#escrow(call.escrowId);
    if (one === undefined || one.closed) return "EscrowBadPhase";
    const now = this.seconds + 1;
    const isWorking = one.committedAt === null && now < one.deadline;
    if (call.kind === "allot") return isWorking ? allotFault(one, call, now) : "EscrowTooLate";
    if (call.kind === "commit")
      return !isWorking ? "EscrowTooLate" : call.batch === one.batches ? null : "EscrowWrongBatch";
    if (call.kind === "close") return now >= closableAt(one) ? null : "EscrowTooEarly";
    if (call.kind === "refund") return now >= endsAt(one) && one.budget > allottedOf(one) ? null : "EscrowTooEarly";
    return null;
  }

  #execute(call: ChainCall): readonly ChainEventBody[] {
    if (TestCourt.takes(call)) return this.court.execute(call, this);
    switch (call.kind) {
      case "createEscrowFor":
      case "topUpFor":
        return [this.#deposit(call)];
      case "allot":
        return call.allotments.map(({ worker, total, expiresAtSeconds }) => {
          const account = accountOf(this.contracts, call.escrowId, worker);
          account.allotted = total;
          account.expiresAt = expiresAtSeconds;
          return { type: "allotted", escrowId: call.escrowId, worker, total, expiresAtSeconds };
        });
      case "payBatch":
        return call.payments.flatMap(({ worker, cumulative }) => this.#pay(call.escrowId, worker, cumulative));
      case "commit":
        return this.#commit(call);
      case "reclaim":
        return call.workers.flatMap((worker) => this.giveBack(call.escrowId, worker));
      case "refund":
        return this.#refund(call.escrowId);
      case "close":
        return [this.#close(call.escrowId)];
      case "pledgeFor":
      case "releasePledge":
        return this.pledges.execute(call, this.#pledgeEnd(call));
      default:
        return [];
    }
  }

  // A pledge lasts until its escrow is final, as that stands when it is made.
  #pledgeEnd(call: Extract<ChainCall, { kind: "pledgeFor" | "releasePledge" }>): number {
    return call.kind === "pledgeFor"
      ? (this.contracts.get(call.order.escrowId) as Contract).deadline + disputeSeconds
      : 0;
  }

  #deposit(call: Extract<ChainCall, { kind: "createEscrowFor" | "topUpFor" }>): ChainEventBody {
    const { order } = call;
    const orderId = this.escrowOf.get(order.salt) as EscrowId;
    this.#orders.add(orderId);
    this.deposited += order.budget;
    if (call.kind === "createEscrowFor") {
      const { requester, budget, deadline } = order;
      this.contracts.set(orderId, {
        payer: requester,
        budget,
        deadline,
        committedAt: null,
        closed: false,
        batches: 0,
        accounts: new Map(),
      });
      return {
        type: "escrowCreated",
        escrowId: orderId,
        payer: requester,
        coordinator,
        budget,
        deadlineSeconds: deadline,
        feeBps: 0,
      };
    }
    const one = this.contracts.get(call.escrowId) as Contract;
    one.budget += order.budget;
    one.deadline = Math.max(one.deadline, order.deadline);
    return { type: "toppedUp", escrowId: call.escrowId, orderId, amount: order.budget, deadlineSeconds: one.deadline };
  }

  #pay(escrowId: EscrowId, worker: Address, cumulative: bigint): readonly ChainEventBody[] {
    const account = accountOf(this.contracts, escrowId, worker);
    const reached = cumulative < account.allotted ? cumulative : account.allotted;
    const amount = reached - account.claimed;
    if (amount <= 0n) return [];
    account.claimed = reached;
    this.paid.set(worker, (this.paid.get(worker) ?? 0n) + amount);
    return [{ type: "paid", escrowId, worker, cumulative: reached, amount }];
  }

  #commit(call: Extract<ChainCall, { kind: "commit" }>): readonly ChainEventBody[] {
    const one = this.contracts.get(call.escrowId) as Contract;
    const { escrowId, batch, root, count, last } = call;
    if (count > 0) one.batches += 1;
    if (last) one.committedAt = this.seconds;
    const event: ChainEventBody = { type: "resultsCommitted", escrowId, batch, root, count, completed: count, last };
    return last ? [event, ...this.#refund(escrowId)] : [event];
  }

  #refund(escrowId: EscrowId): readonly ChainEventBody[] {
    const one = this.contracts.get(escrowId) as Contract;
    const amount = one.budget - allottedOf(one);
    if (amount === 0n) return [];
    one.budget -= amount;
    this.refunded += amount;
    return [{ type: "refunded", escrowId, amount }];
  }

  #close(escrowId: EscrowId): ChainEventBody {
    const one = this.contracts.get(escrowId) as Contract;
    const refund = one.budget - [...one.accounts.values()].reduce((sum, { claimed }) => sum + claimed, 0n);
    one.closed = true;
    this.refunded += refund;
    return { type: "escrowClosed", escrowId, refund, bond: 0n };
  }

  /** A worker gives back its allotment, or somebody takes it back after it expired. */
  giveBack(escrowId: EscrowId, worker: Address): readonly ChainEventBody[] {
    const account = accountOf(this.contracts, escrowId, worker);
    const amount = account.allotted - account.claimed;
    if (amount === 0n) return [];
    account.allotted = account.claimed;
    return [{ type: "released", escrowId, worker, amount }];
  }

  /** Puts an event of a call that is not the coordinator's into the next block. */
  release(escrowId: EscrowId, worker: Address): void {
    this.block += 1;
    this.seconds += 1;
    for (const body of this.giveBack(escrowId, worker)) this.#emit(body, keccakText(`release/${worker}/${this.block}`));
  }
}

function allotFault(one: Contract, call: Extract<ChainCall, { kind: "allot" }>, now: number): string | null {
  let total = allottedOf(one);
  for (const { worker, total: wanted, expiresAtSeconds } of call.allotments) {
    const old = one.accounts.get(worker);
    if (expiresAtSeconds <= now || (old !== undefined && old.expiresAt > now && expiresAtSeconds < old.expiresAt))
      return "EscrowBadExpiry";
    const floor = old === undefined ? 0n : old.expiresAt <= now ? old.claimed : old.allotted;
    if (wanted < floor) return "EscrowShrinkingAllotment";
    total += wanted - (old?.allotted ?? 0n);
  }
  return total > one.budget ? "EscrowOverBudget" : null;
}

function accountOf(contracts: Map<EscrowId, Contract>, escrowId: EscrowId, worker: Address): Account {
  const accounts = (contracts.get(escrowId) as Contract).accounts;
  const known = accounts.get(worker) ?? { allotted: 0n, claimed: 0n, expiresAt: 0 };
  accounts.set(worker, known);
  return known;
}

function allottedOf(one: Contract): bigint {
  return [...one.accounts.values()].reduce((sum, { allotted }) => sum + allotted, 0n);
}

function endsAt(one: Contract): number {
  return one.committedAt ?? one.deadline;
}

function closableAt(one: Contract): number {
  const claimed = [...one.accounts.values()].reduce((sum, account) => sum + account.claimed, 0n);
  return endsAt(one) + (claimed === allottedOf(one) ? disputeSeconds : claimSeconds);
}

function blockHash(number: number): Hash {
  return keccakText(`block-${number}`);
}
