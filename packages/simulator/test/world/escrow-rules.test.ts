// Whatever is called in whatever order, the miniature contract keeps its sums, and a refused call changes nothing.
import type { Address, ChainCall } from "@starling/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { applyCall, type BlockContext, type ContractState, release } from "../../src/world/escrow-rules.ts";
import { copyOf, differenceOf } from "../../src/world/plain-data.ts";
import { coordinatorAddress, hash, payerAddress, workerAt } from "../../src/world/records.ts";
import { Revert } from "../../src/world/revert.ts";
import { registryOf } from "../../src/world/stake-rules.ts";
import { unsigned } from "../../src/world/unsigned.ts";

const WEALTH = 10_000n;
const escrowId = hash(1, 1);
const { signature } = unsigned;
const operator = workerAt(7);
const STAKE = 300n;
const seconds = fc.integer({ min: 0, max: 100 });
const amount = fc.bigInt({ min: 0n, max: 400n });
const worker = fc.integer({ min: 0, max: 2 }).map(workerAt);

const order = fc.record({
  budget: fc.bigInt({ min: 1n, max: 900n }),
  deadline: seconds,
  salt: fc.integer({ min: 1, max: 3 }),
});
const call: fc.Arbitrary<ChainCall | { kind: "release"; escrowId: typeof escrowId; worker: Address }> = fc.oneof(
  order.map((one) => ({
    kind: "createEscrowFor" as const,
    order: orderOf(one),
    orderSignature: signature,
    permit: null,
  })),
  order.map((one) => ({
    kind: "topUpFor" as const,
    escrowId,
    order: orderOf(one),
    orderSignature: signature,
    permit: null,
  })),
  fc
    .array(fc.record({ worker, total: amount, expiresAtSeconds: seconds }), { maxLength: 3 })
    .map((allotments) => ({ kind: "allot" as const, escrowId, allotments })),
  fc.record({ total: amount, releaseBySeconds: seconds, deadlineSeconds: seconds }).map((rest) => ({
    kind: "pledgeFor" as const,
    order: { escrowId, operator, ...rest },
    signature,
  })),
  fc.constant({ kind: "releasePledge" as const, escrowId, operator }),
  fc
    .array(fc.record({ worker, cumulative: amount }), { maxLength: 3 })
    .map((payments) => ({ kind: "payBatch" as const, escrowId, payments })),
  fc.record({ worker, cumulative: amount }).map((one) => ({ kind: "redeem" as const, escrowId, signature, ...one })),
  fc
    .record({ batch: fc.integer({ min: 0, max: 2 }), count: fc.integer({ min: 0, max: 2 }), last: fc.boolean() })
    .map((one) => ({ kind: "commit" as const, escrowId, root: hash(one.count === 0 ? 0 : 2, 0), ...one })),
  worker.map((one) => ({ kind: "reclaim" as const, escrowId, workers: [one] })),
  worker.map((one) => ({ kind: "release" as const, escrowId, worker: one })),
  fc.constant({ kind: "refund" as const, escrowId }),
  fc.constant({ kind: "close" as const, escrowId }),
);

function orderOf({ budget, deadline, salt }: { budget: bigint; deadline: number; salt: number }) {
  const zero = hash(0, 0);
  return {
    requester: payerAddress,
    coordinator: coordinatorAddress,
    budget,
    specHash: zero,
    lotteryRoot: zero,
    deadline,
    salt: hash(1, salt),
  };
}

function flawsOf(state: ContractState): string[] {
  const broken: string[] = [];
  let held = state.fees;
  for (const balance of state.balances.values()) held += balance;
  for (const escrow of state.escrows.values()) {
    if (!escrow.isClosed) held += escrow.budget - escrow.claimed + escrow.bond;
    const sums = { allotted: 0n, claimed: 0n };
    for (const { allotted, claimed } of escrow.accounts.values()) {
      sums.allotted += allotted;
      sums.claimed += claimed;
      if (claimed > allotted) broken.push("an account claimed more than its allotment");
    }
    if (sums.claimed !== escrow.claimed) broken.push("the accounts' claims are not the escrow's");
    if (!escrow.isClosed && sums.allotted !== escrow.allotted) broken.push("the allotments are not the escrow's");
    if (escrow.claimed > escrow.allotted || escrow.allotted > escrow.budget)
      broken.push("claimed <= allotted <= budget fails");
  }
  const bond = state.registry.stakes.get(operator);
  let pledged = 0n;
  for (const pledge of state.registry.pledges.values()) {
    pledged += pledge.amount;
    if (pledge.amount > pledge.total) broken.push("more stands pledged than ever was");
  }
  if (bond?.stake !== STAKE || pledged !== bond.pledged || pledged > STAKE) broken.push("pledges do not add up");
  if (held !== 2n * WEALTH) broken.push(`the contract and its users hold ${held}`);
  return broken;
}

test("any sequence of calls keeps every sum", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(call, fc.integer({ min: 0, max: 12 })), { maxLength: 40 }), (steps) => {
      const state: ContractState = {
        escrows: new Map(),
        usedOrders: new Set(),
        balances: new Map([
          [payerAddress, WEALTH],
          [coordinatorAddress, WEALTH],
        ]),
        fees: 0n,
        registry: registryOf(new Map([[operator, STAKE]])),
        court: { disputes: new Map(), credits: new Map() },
      };
      let now = 0;
      for (const [one, laterSeconds] of steps) {
        now += laterSeconds;
        const block: BlockContext = {
          timestampSeconds: now,
          blockNumber: 1,
          operatorOf: () => operator,
          seats: [],
          windows: { claimSeconds: 20, disputeSeconds: 5 },
          feeBps: 250,
          escrowIdOf: ({ salt }) => salt,
        };
        const trial = copyOf(state);
        try {
          if (one.kind === "release" && "worker" in one) release(trial, one.escrowId, one.worker);
          else applyCall(trial, one, block);
        } catch (error) {
          if (!(error instanceof Revert)) throw error;
          continue;
        }
        Object.assign(state, trial);
        expect(flawsOf(state)).toEqual([]);
        expect(differenceOf(state, trial)).toBeNull();
      }
    }),
  );
});
