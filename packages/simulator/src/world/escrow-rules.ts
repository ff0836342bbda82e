// The escrow contract's rules in miniature: what a call changes and which events it leaves, or why it reverts.
import { present } from "@starling/kernel";
import {
  type Address,
  type ChainCall,
  type ChainEventBody,
  type CumulativePayment,
  type EscrowId,
  type Hash,
  zeroHash,
} from "@starling/protocol";
import { applyCourtCall, type CourtContext, type CourtState, isLocked } from "./court-rules.ts";
import { withdrawCredit } from "./credits.ts";
import { Revert } from "./revert.ts";
import { pledgeFor, type RegistryState, releasePledge } from "./stake-rules.ts";

interface Account {
  allotted: bigint;
  claimed: bigint;
  expiresAt: number;
}

export interface EscrowState {
  readonly payer: Address;
  readonly coordinator: Address;
  readonly feeBps: number;
  budget: bigint;
  allotted: bigint;
  claimed: bigint;
  bond: bigint;
  deadline: number;
  committedAt: number | null;
  batches: number;
  completed: number;
  isClosed: boolean;
  readonly accounts: Map<Address, Account>;
  readonly roots: Map<number, Hash>;
}

/** Everything on the virtual chain that money depends on. */
export interface ContractState {
  readonly escrows: Map<EscrowId, EscrowState>;
  readonly usedOrders: Set<EscrowId>;
  /** Token balances, base units. */
  readonly balances: Map<Address, bigint>;
  /** Fees that the contract keeps, base units. */
  fees: bigint;
  readonly registry: RegistryState;
  readonly court: CourtState;
}

/** Windows of the contract, seconds. */
export interface Windows {
  readonly claimSeconds: number;
  readonly disputeSeconds: number;
}

export interface BlockContext {
  readonly timestampSeconds: number;
  readonly blockNumber: number;
  readonly operatorOf: CourtContext["operatorOf"];
  readonly seats: CourtContext["seats"];
  readonly windows: Windows;
  /** Fee on payouts of escrows that are opened now, hundredths of a percent. */
  readonly feeBps: number;
  readonly escrowIdOf: (order: Extract<ChainCall, { kind: "createEscrowFor" }>["order"]) => EscrowId;
}

type CallOf<K extends ChainCall["kind"]> = Extract<ChainCall, { kind: K }>;

/** Applies a call in place; throws `Revert` before it has changed anything. */
export function applyCall(state: ContractState, call: ChainCall, block: BlockContext): ChainEventBody[] {
  switch (call.kind) {
    case "createEscrowFor":
      return create(state, call, block);
    case "topUpFor":
      return topUp(state, call, block);
    case "allot":
      return allot(state, call, block);
    case "commit":
      return commit(state, call, block);
    case "payBatch":
      return payOut(state, call.escrowId, call.payments);
    case "redeem": {
      const events = payOut(state, call.escrowId, [call]);
      if (events.length === 0) throw new Revert("EscrowNothingDue");
      return events;
    }
    case "reclaim":
      return reclaim(state, call, block);
    case "refund":
      return refund(state, call, block);
    case "close":
      return close(state, call, block);
    case "pledgeFor":
      return pledgeFor(state.registry, call, momentOf(state, call.order.escrowId, block));
    case "releasePledge":
      if (isLocked(state.court, call.escrowId, call.operator)) throw new Revert("StakeLocked");
      return releasePledge(state.registry, call, momentOf(state, call.escrowId, block));
    case "openOnReceipt":
      return applyCourtCall(state, call, { ...courtContext(state, block), ...momentOf(state, call.escrowId, block) });
    case "implicate":
    case "draw":
    case "resolve":
      return applyCourtCall(state, call, courtContext(state, block));
    case "withdrawCredit":
      return withdrawCredit({ credits: state.court.credits, balances: state.balances }, call.account);
    default:
      throw new Revert(`the virtual chain does not know ${call.kind}`);
  }
}

function courtContext({ escrows }: ContractState, block: BlockContext): CourtContext {
  const payerOf = (escrowId: EscrowId): Address => present(escrows.get(escrowId), "the disputed escrow").payer;
  return { ...block, finalAt: null, payerOf };
}

// An escrow is final when disputes about it are over.
function momentOf(state: ContractState, escrowId: EscrowId, { timestampSeconds, windows }: BlockContext) {
  const escrow = state.escrows.get(escrowId);
  const finalAt = escrow === undefined ? null : (escrow.committedAt ?? escrow.deadline) + windows.disputeSeconds;
  return { timestampSeconds, finalAt };
}

function create(state: ContractState, { order }: CallOf<"createEscrowFor">, block: BlockContext): ChainEventBody[] {
  const escrowId = block.escrowIdOf(order);
  if (state.escrows.has(escrowId) || state.usedOrders.has(escrowId)) throw new Revert("EscrowExists");
  if (order.deadline <= block.timestampSeconds) throw new Revert("EscrowBadDeadline");
  move(state, order.requester, -order.budget);
  state.usedOrders.add(escrowId);
  const bond = order.coordinator === order.requester ? 0n : order.budget;
  move(state, order.coordinator, -bond);
  state.escrows.set(escrowId, {
    payer: order.requester,
    coordinator: order.coordinator,
    feeBps: block.feeBps,
    budget: order.budget,
    allotted: 0n,
    claimed: 0n,
    bond,
    deadline: order.deadline,
    committedAt: null,
    batches: 0,
    completed: 0,
    isClosed: false,
    accounts: new Map(),
    roots: new Map(),
  });
  return [
    {
      type: "escrowCreated",
      escrowId,
      payer: order.requester,
      coordinator: order.coordinator,
      budget: order.budget,
      deadlineSeconds: order.deadline,
      feeBps: block.feeBps,
    },
  ];
}

function topUp(state: ContractState, { escrowId, order }: CallOf<"topUpFor">, block: BlockContext): ChainEventBody[] {
  const orderId = block.escrowIdOf(order);
  if (state.usedOrders.has(orderId)) throw new Revert("EscrowOrderUsed");
  const escrow = working(state, escrowId, block);
  if (order.requester !== escrow.payer || order.coordinator !== escrow.coordinator)
    throw new Revert("EscrowOtherParties");
  move(state, order.requester, -order.budget);
  if (order.coordinator !== order.requester) {
    move(state, order.coordinator, -order.budget);
    escrow.bond += order.budget;
  }
  state.usedOrders.add(orderId);
  escrow.budget += order.budget;
  escrow.deadline = Math.max(escrow.deadline, order.deadline);
  return [{ type: "toppedUp", escrowId, orderId, amount: order.budget, deadlineSeconds: escrow.deadline }];
}

function allot(state: ContractState, { escrowId, allotments }: CallOf<"allot">, block: BlockContext): ChainEventBody[] {
  const escrow = working(state, escrowId, block);
  const accounts = new Map<Address, Account>();
  let total = escrow.allotted;
  for (const { worker, total: wanted, expiresAtSeconds } of allotments) {
    const old = accounts.get(worker) ?? escrow.accounts.get(worker) ?? { allotted: 0n, claimed: 0n, expiresAt: 0 };
    const floor = old.expiresAt <= block.timestampSeconds ? old.claimed : old.allotted;
    if (expiresAtSeconds <= block.timestampSeconds) throw new Revert("EscrowBadExpiry");
    if (old.expiresAt > block.timestampSeconds && expiresAtSeconds < old.expiresAt) throw new Revert("EscrowBadExpiry");
    if (wanted < floor) throw new Revert("EscrowShrinkingAllotment");
    total += wanted - old.allotted;
    accounts.set(worker, { allotted: wanted, claimed: old.claimed, expiresAt: expiresAtSeconds });
  }
  if (total > escrow.budget) throw new Revert("EscrowOverBudget");
  escrow.allotted = total;
  for (const [worker, account] of accounts) escrow.accounts.set(worker, account);
  return allotments.map(({ worker, total: wanted, expiresAtSeconds }) => ({
    type: "allotted",
    escrowId,
    worker,
    total: wanted,
    expiresAtSeconds,
  }));
}

function commit(state: ContractState, call: CallOf<"commit">, block: BlockContext): ChainEventBody[] {
  const { escrowId, batch, root, count, last } = call;
  const escrow = working(state, escrowId, block);
  if (batch !== escrow.batches) throw new Revert("EscrowWrongBatch");
  const isEmpty = root === zeroHash;
  if (isEmpty !== (count === 0) || (isEmpty && !last)) throw new Revert("EscrowBadBatch");
  if (count > 0) {
    escrow.roots.set(batch, root);
    escrow.batches += 1;
    escrow.completed += count;
  }
  const events: ChainEventBody[] = [
    { type: "resultsCommitted", escrowId, batch, root, count, completed: escrow.completed, last },
  ];
  if (last) {
    escrow.committedAt = block.timestampSeconds;
    events.push(...refundFree(state, escrowId, escrow));
  }
  return events;
}

// Both routes of pay: by the coordinator, and by a voucher that a worker cashes.
function payOut(state: ContractState, escrowId: EscrowId, payments: readonly CumulativePayment[]): ChainEventBody[] {
  const escrow = live(state, escrowId);
  const events: ChainEventBody[] = [];
  for (const { worker, cumulative } of payments) {
    const account = escrow.accounts.get(worker);
    if (account === undefined) continue;
    let reached = account.allotted;
    if (cumulative < reached) reached = cumulative;
    if (reached <= account.claimed) continue;
    const amount = reached - account.claimed;
    const fee = (amount * BigInt(escrow.feeBps)) / 10_000n;
    account.claimed = reached;
    escrow.claimed += amount;
    state.fees += fee;
    move(state, worker, amount - fee);
    events.push({ type: "paid", escrowId, worker, cumulative: reached, amount });
  }
  return events;
}

/** A worker gives back the unclaimed rest of its own allotment. */
export function release(state: ContractState, escrowId: EscrowId, worker: Address): ChainEventBody[] {
  const escrow = live(state, escrowId);
  const account = escrow.accounts.get(worker);
  const amount = account === undefined ? 0n : account.allotted - account.claimed;
  if (account === undefined || amount === 0n) throw new Revert("EscrowNothingDue");
  account.allotted = account.claimed;
  escrow.allotted -= amount;
  return [{ type: "released", escrowId, worker, amount }];
}

function reclaim(
  state: ContractState,
  { escrowId, workers }: CallOf<"reclaim">,
  block: BlockContext,
): ChainEventBody[] {
  const escrow = live(state, escrowId);
  const events: ChainEventBody[] = [];
  for (const worker of workers) {
    const account = escrow.accounts.get(worker);
    if (account === undefined || block.timestampSeconds < account.expiresAt) continue;
    const amount = account.allotted - account.claimed;
    if (amount === 0n) continue;
    account.allotted = account.claimed;
    escrow.allotted -= amount;
    events.push({ type: "released", escrowId, worker, amount });
  }
  return events;
}

function refund(state: ContractState, { escrowId }: CallOf<"refund">, block: BlockContext): ChainEventBody[] {
  const escrow = live(state, escrowId);
  if (block.timestampSeconds < (escrow.committedAt ?? escrow.deadline)) throw new Revert("EscrowTooEarly");
  const events = refundFree(state, escrowId, escrow);
  if (events.length === 0) throw new Revert("EscrowNothingDue");
  return events;
}

function close(state: ContractState, { escrowId }: CallOf<"close">, block: BlockContext): ChainEventBody[] {
  const escrow = live(state, escrowId);
  const { disputeSeconds, claimSeconds } = block.windows;
  const window = escrow.claimed === escrow.allotted ? disputeSeconds : claimSeconds;
  if (block.timestampSeconds < (escrow.committedAt ?? escrow.deadline) + window) throw new Revert("EscrowTooEarly");
  const rest = escrow.budget - escrow.claimed;
  const { bond } = escrow;
  escrow.isClosed = true;
  escrow.budget = escrow.claimed;
  escrow.allotted = escrow.claimed;
  escrow.bond = 0n;
  move(state, escrow.payer, rest);
  move(state, escrow.coordinator, bond);
  return [{ type: "escrowClosed", escrowId, refund: rest, bond }];
}

function refundFree(state: ContractState, escrowId: EscrowId, escrow: EscrowState): ChainEventBody[] {
  const amount = escrow.budget - escrow.allotted;
  if (amount === 0n) return [];
  escrow.budget = escrow.allotted;
  move(state, escrow.payer, amount);
  return [{ type: "refunded", escrowId, amount }];
}

function working(state: ContractState, escrowId: EscrowId, block: BlockContext): EscrowState {
  const escrow = live(state, escrowId);
  if (escrow.committedAt !== null) throw new Revert("EscrowBadPhase");
  if (block.timestampSeconds >= escrow.deadline) throw new Revert("EscrowTooLate");
  return escrow;
}

function live(state: ContractState, escrowId: EscrowId): EscrowState {
  const escrow = state.escrows.get(escrowId);
  if (escrow === undefined || escrow.isClosed) throw new Revert("EscrowBadPhase");
  return escrow;
}

// A balance below zero would be money from nowhere, so it reverts; nothing before it has changed what the call may keep.
function move(state: ContractState, account: Address, amount: bigint): void {
  const balance = (state.balances.get(account) ?? 0n) + amount;
  if (balance < 0n) throw new Revert("ERC20InsufficientBalance");
  state.balances.set(account, balance);
}
