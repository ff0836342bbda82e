// Blocks, the pool and reorgs: what a dropped block held is gone, events and balances with it.
import type { ChainCall } from "@starling/protocol";
import { keccakText } from "@starling/protocol";
import { describe, expect, test } from "vitest";
import type { FaultPlan } from "../../src/fault-plan.ts";
import { plainPlan, submissionOf } from "../../src/workload.ts";
import { coordinatorAddress, domain, payerAddress, workerAt } from "../../src/world/records.ts";
import { VirtualChain } from "../../src/world/virtual-chain.ts";
import { bareWorld } from "./faults.ts";

const WEALTH = 10n ** 12n;

function chainWith(plan: Partial<FaultPlan> = {}) {
  const world = bareWorld(plan);
  const heads: number[] = [];
  const chain: VirtualChain = new VirtualChain(
    world,
    {
      windows: { claimSeconds: 20, disputeSeconds: 5 },
      feeBps: 0,
      domain,
      reorgDepthMax: 2,
      stakes: new Map(),
      operators: new Map(),
      balances: new Map([
        [payerAddress, WEALTH],
        [coordinatorAddress, WEALTH],
      ]),
    },
    () => heads.push(chain.head.number),
  );
  chain.run();
  const pass = (blocks: number): void =>
    void world.simulation.runUntil(() => false, world.simulation.now + blocks * 1_000);
  const submission = submissionOf(plainPlan(1, 10_000n), world.simulation.now);
  const { order, orderSignature, newEscrowId: escrowId } = submission;
  const create: ChainCall = { kind: "createEscrowFor", order, orderSignature, permit: null };
  const expiresAtSeconds = chain.seconds + 600;
  const allot: ChainCall = {
    kind: "allot",
    escrowId,
    allotments: [{ worker: workerAt(1), total: 5n, expiresAtSeconds }],
  };
  const add = (nonce: number, call: ChainCall): `0x${string}` => {
    const hash = keccakText(`${nonce} ${call.kind}`);
    chain.add({ hash, from: coordinatorAddress, nonce, call });
    return hash;
  };
  const eventsOf = (): string[] => chain.blocks.flatMap(({ events }) => events.map(({ type }) => type));
  return { ...world, chain, heads, pass, create, allot, add, eventsOf, escrowId, budget: order.budget };
}

describe("blocks", () => {
  test("take transactions in the order of their nonces, and wait for a missing one", () => {
    const { chain, pass, add, create, allot, eventsOf } = chainWith();
    add(1, allot);
    pass(2);
    expect(eventsOf()).toEqual([]);
    add(0, create);
    pass(1);
    expect(eventsOf()).toEqual(["escrowCreated", "allotted"]);
    expect(chain.head.nonces.get(coordinatorAddress)).toBe(2);
  });

  test("keep what reverted as a failed transaction that changed nothing", () => {
    const { chain, pass, add, allot } = chainWith();
    const hash = add(0, allot);
    pass(1);
    expect(chain.find(hash)?.succeeded).toBe(false);
    expect(chain.simulate(allot)).toBe("EscrowBadPhase");
    expect(chain.contracts.balances.get(payerAddress)).toBe(WEALTH);
  });

  test("confirm contracts only so many blocks deep", () => {
    const { chain, pass, add, create, escrowId } = chainWith();
    pass(5);
    add(0, create);
    pass(1);
    expect(chain.contracts.escrows.has(escrowId)).toBe(true);
    expect(chain.confirmed(3).escrows.has(escrowId)).toBe(false);
    pass(2);
    expect(chain.confirmed(3).escrows.has(escrowId)).toBe(true);
  });
});

describe("a reorg", () => {
  test("takes transactions, events and money back, and puts nothing into the pool again", () => {
    const { chain, pass, add, create, eventsOf, faults, budget, escrowId } = chainWith({ reorg: 1_000 });
    const hash = add(0, create);
    pass(1);
    expect(chain.contracts.balances.get(payerAddress)).toBe(WEALTH - budget);
    const dropped = chain.head.hash;
    pass(3);
    expect(faults.fired.reorg).toBeGreaterThan(0);
    expect(chain.blocks.some((block) => block.hash === dropped)).toBe(false);
    expect(chain.find(hash)).toBeNull();
    expect(eventsOf()).toEqual([]);
    expect(chain.contracts.balances.get(payerAddress)).toBe(WEALTH);
    expect(chain.contracts.escrows.has(escrowId)).toBe(false);
    expect(chain.head.nonces.size).toBe(0);
  });

  test("leaves a chain whose parents and times fit", () => {
    const { chain, pass, heads } = chainWith({ reorg: 500 });
    pass(40);
    expect(heads).toHaveLength(40);
    for (const [i, block] of chain.blocks.entries()) {
      const parent = chain.blocks[i - 1];
      expect(block.number).toBe(i);
      if (parent === undefined) continue;
      expect(block.parentHash).toBe(parent.hash);
      expect(block.timestampSeconds).toBeGreaterThan(parent.timestampSeconds);
    }
  });
});

test("calls of others take effect in the next block, without a nonce of ours", () => {
  const { chain, pass, add, create, allot, faults, escrowId } = chainWith();
  add(0, create);
  add(1, allot);
  pass(1);
  chain.addForeign({ kind: "release", escrowId, worker: workerAt(1) });
  chain.addForeign({ kind: "release", escrowId, worker: workerAt(2) });
  pass(1);
  expect(faults.fired.allotmentReturned).toBe(1);
  expect(chain.contracts.escrows.get(escrowId)?.allotted).toBe(0n);
  expect(chain.head.nonces.get(coordinatorAddress)).toBe(2);
});
