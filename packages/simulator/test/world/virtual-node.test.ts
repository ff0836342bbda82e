// The virtual journal keeps what was synced and nothing else, and a daemon's time never goes back.
import { accepted, type Decider } from "@starling/kernel";
import { describe, expect, test } from "vitest";
import type { FaultPlan } from "../../src/fault-plan.ts";
import { differenceOf } from "../../src/world/plain-data.ts";
import { VirtualNode } from "../../src/world/virtual-node.ts";
import { bareWorld } from "./faults.ts";

interface Counter {
  readonly ledger: { sum: number; readonly list: number[] };
  readonly presence: { seen: number };
}
type Added = { readonly type: "added"; readonly amount: number; readonly at: number };

const counter: Decider<null, Counter, number, Added, string> = {
  initial: () => ({ ledger: { sum: 0, list: [] }, presence: { seen: 0 } }),
  decide: (state, amount, turn) => {
    state.presence.seen += 1;
    if (amount > 0) {
      turn.record({ type: "added", amount, at: turn.now });
      turn.request(`${amount} a`);
      turn.request(`${amount} b`);
    }
    return accepted(amount);
  },
  evolve: (state, fact) => {
    state.ledger.sum += fact.amount;
    state.ledger.list.push(fact.at);
  },
  resume: (state, turn) => turn.request(`resumed at ${state.ledger.sum}`),
  nextWake: () => null,
  violations: () => [],
  snapshot: (state) => state.ledger,
  restore: (_config, ledger) => ({ ledger: ledger as Counter["ledger"], presence: { seen: 0 } }),
};

const INPUTS = 600;

function play(plan: Partial<FaultPlan>) {
  const world = bareWorld(plan);
  const effects: string[] = [];
  const answered: number[] = [];
  const durable: Added[] = [];
  const differences: (string | null)[] = [];
  const node = new VirtualNode<null, Counter, number, Added, string>(
    {
      name: "counter",
      crash: "workerCrash",
      decider: counter,
      configOf: () => null,
      tick: 0,
      perform: (effect) => effects.push(effect),
      observe: (_state, facts) => durable.push(...facts),
      compare: (live, recovered) => differences.push(differenceOf(live.ledger, recovered.ledger)),
      onCrash: () => undefined,
      onStart: () => undefined,
    },
    world,
  );
  node.start();
  for (let i = 1; i <= INPUTS; i += 1) {
    node.input(i, () => answered.push(i));
    world.simulation.runUntil(() => false, world.simulation.now + 100);
  }
  world.faults.stop();
  world.simulation.runUntil(() => false, world.simulation.now + 60_000);
  return { node, effects, answered, durable, differences, fired: world.faults.fired };
}

describe("a daemon without faults", () => {
  test("keeps and answers everything", () => {
    const { node, effects, answered } = play({});
    expect(node.state.ledger.sum).toBe((INPUTS * (INPUTS + 1)) / 2);
    expect(answered).toHaveLength(INPUTS);
    expect(effects).toHaveLength(2 * INPUTS + 1);
  });
});

describe("crashes", () => {
  test("lose only what nobody was told, and recovery finds the rest", () => {
    const { node, answered, durable, differences, fired } = play({
      workerCrash: 40,
      tornWrite: 500,
      crashAmidEffects: 500,
    });
    expect(fired.workerCrash).toBeGreaterThan(5);
    expect(fired.tornWrite).toBeGreaterThan(0);
    expect(fired.crashAmidEffects).toBeGreaterThan(0);
    const kept = new Set(durable.map(({ amount }) => amount));
    expect(answered.filter((amount) => !kept.has(amount))).toEqual([]);
    expect(node.state.ledger.sum).toBe(durable.reduce((sum, { amount }) => sum + amount, 0));
    expect(differences.filter((difference) => difference !== null)).toEqual([]);
    for (const state of node.recovered()) expect(differenceOf(state.ledger, node.state.ledger)).toBeNull();
  });

  test("after the write and before the effects leave facts without effects, and the other way round never", () => {
    const { effects, durable } = play({ workerCrash: 40, crashAmidEffects: 500 });
    const kept = new Set(durable.map(({ amount }) => String(amount)));
    const left = effects.filter((effect) => !effect.startsWith("resumed")).map((effect) => effect.split(" ")[0] ?? "");
    expect(left.filter((amount) => !kept.has(amount))).toEqual([]);
    expect(new Set(left).size).toBeLessThan(kept.size);
  });

  test("and clocks that jump at a restart never take a daemon's time back", () => {
    const { durable, fired } = play({ workerCrash: 40, clockJump: 1_000 });
    expect(fired.clockJump).toBeGreaterThan(5);
    expect(durable.every(({ at }, i) => at >= (durable[i - 1]?.at ?? 0))).toBe(true);
  });

  test("for good end a daemon", () => {
    const { node } = play({});
    node.crash(true);
    expect(node.hasDeserted).toBe(true);
    expect(node.isUp).toBe(false);
  });
});

test("a stalled daemon takes its inputs later, in one turn", () => {
  const { node, answered, fired } = play({ stall: 100 });
  expect(fired.stall).toBeGreaterThan(5);
  expect(answered).toHaveLength(INPUTS);
  expect(node.turns).toBeLessThan(INPUTS);
});

describe("a difference of plain data", () => {
  test("is found in maps with their order, lists, sets and objects", () => {
    expect(differenceOf({ a: new Map([[1, [2n]]]) }, { a: new Map([[1, [2n]]]) })).toBeNull();
    expect(differenceOf({ a: new Map([[1, { b: 2n }]]) }, { a: new Map([[1, { b: 3n }]]) })).toBe(".a[1][1].b");
    const [one, other] = [
      new Map([
        [1, 0],
        [2, 0],
      ]),
      new Map([
        [2, 0],
        [1, 0],
      ]),
    ];
    expect(differenceOf(one, other)).not.toBeNull();
    expect(differenceOf(new Set([1]), new Set([2]))).not.toBeNull();
    expect(differenceOf([1], [1, 2])).toContain("1 and 2 items");
    expect(differenceOf({ a: undefined }, {})).toBeNull();
  });
});
